import { Link, createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { readSearch } from './collection/search.ts';
import { CollectionsPage } from './collections/collections-page.tsx';
import { Shell } from './shell/shell.tsx';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <section className="notice">
      <h1>There is no such page</h1>
      <p>
        <Link to="/collections">All collections</Link>
      </p>
    </section>
  ),
  errorComponent: ({ error }) => (
    <section className="notice" role="alert">
      <h1>This page has failed</h1>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <p>
        <a href="/-/console/">Start again</a>
      </p>
    </section>
  ),
});

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: () => {
      // The router takes what is thrown for an answer.
      // oxlint-disable-next-line typescript/only-throw-error
      throw redirect({ to: '/collections' });
    },
  }),
  createRoute({ getParentRoute: () => root, path: '/collections', component: CollectionsPage }),
  // The other rooms are fetched when they are entered, or pointed at.
  createRoute({
    getParentRoute: () => root,
    path: '/collections/$name',
    component: lazyRouteComponent(() => import('./collection/collection-page.tsx'), 'CollectionPage'),
    validateSearch: readSearch,
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/pipeline',
    component: lazyRouteComponent(() => import('./pipeline/pipeline-page.tsx'), 'PipelinePage'),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: '/-/console',
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
