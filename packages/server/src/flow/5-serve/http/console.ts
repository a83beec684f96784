import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** What the console's pages may load: this server's own files, and its data. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The console's pages, from the folder they were built into, under `/-/console/`. Addresses without a file are the pages' own: they get
 * the one page there is. Files below `assets/` carry a hash in their name, and so may be kept for ever.
 */
export async function registerConsole(app: FastifyInstance, folder: string | undefined): Promise<void> {
  app.get('/-/console', async (_, reply) => reply.redirect('/-/console/', 308));
  if (folder === undefined || !existsSync(join(folder, 'index.html'))) {
    app.get('/-/console/*', async (_, reply) => withPolicy(reply).type('text/html; charset=utf-8').send(NOT_BUILT));
    return;
  }
  await app.register(fastifyStatic, { root: folder, serve: false, cacheControl: false });
  app.get<{ Params: { '*': string } }>('/-/console/*', async (request, reply) => {
    const path = request.params['*'];
    const isAsset = path.startsWith('assets/');
    const isFile = isAsset || (/^[\w-]+\.\w+$/.test(path) && existsSync(join(folder, path)));
    void withPolicy(reply).header('Cache-Control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache');
    return reply.sendFile(isFile ? path : 'index.html');
  });
}

function withPolicy(reply: FastifyReply): FastifyReply {
  return reply.header('Content-Security-Policy', POLICY);
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Millrace</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1rem; color-scheme: light dark }</style>
<h1>The console was not built</h1>
<p>Published packages have it. In the repository it is made by:</p>
<pre>npm run build -w packages/console</pre>
<p>Everything else is served: <a href="/-/collections">collections</a>, <a href="/-/pipeline">pipeline</a>, <a href="/-/openapi.json">OpenAPI</a>.</p>
</html>
`;
