import { Search } from 'lucide-react';
import { useState } from 'react';
import { collectionsOverview } from '../server/overviews.ts';
import { usePolled } from '../server/polled.ts';
import { Away, StaleBanner } from '../shell/away.tsx';
import { useFocusKey } from '../shell/use-focus-key.ts';
import { useTitle } from '../shell/use-title.ts';
import { count, plural, rate } from '../text/numbers.ts';
import { CollectionTable } from './collection-table.tsx';
import { groupCollections } from './group.ts';

export function CollectionsPage() {
  useTitle('Collections');
  const { value, error } = usePolled(collectionsOverview);
  const [search, setSearch] = useState('');
  const box = useFocusKey<HTMLInputElement>('/');
  if (value === undefined) {
    return error === undefined ? (
      <p className="waiting">Asking the server …</p>
    ) : (
      <Away error={error} onRetry={collectionsOverview.retry} />
    );
  }
  const { collections } = value;
  const groups = groupCollections(collections, search);
  const documents = collections.reduce((sum, collection) => sum + collection.count, 0);
  const changes = collections.reduce((sum, collection) => sum + collection.changesPerSecond, 0);
  const isEmpty = collections.length > 0 && collections.every((collection) => collection.count === 0 && collection.changes === 0);
  return (
    <>
      <StaleBanner error={error} />
      <div className="room-head">
        <div>
          <h1>Collections</h1>
          <p className="summary">
            {plural(collections.filter(({ kind }) => kind === 'view').length, 'single view')} and{' '}
            {plural(collections.filter(({ kind }) => kind === 'projection').length, 'projection')} hold {plural(documents, 'document')};{' '}
            <strong>{rate(changes)}</strong> change each second
          </p>
        </div>
        <label className="search">
          <Search size={15} aria-hidden />
          <input
            ref={box}
            type="search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            placeholder="Find a collection"
            aria-label="Find a collection"
            aria-keyshortcuts="/"
          />
          <kbd>/</kbd>
        </label>
      </div>
      {isEmpty ? <FirstSteps topic={firstTopic(collections)} /> : null}
      {groups.map((group) => (
        <CollectionTable key={group.title} group={group} />
      ))}
      {groups.length === 0 ? (
        <p className="nothing">
          {collections.length === 0
            ? 'This project has no collections yet: name a system and its projections in millrace.yaml.'
            : `No collection is called like “${search}”.`}
        </p>
      ) : null}
      <p className="visually-hidden" role="status">
        {search === '' ? '' : `${count(groups.reduce((sum, group) => sum + group.collections.length, 0))} found`}
      </p>
    </>
  );
}

function firstTopic(collections: readonly { readonly name: string; readonly kind: string; readonly system?: string }[]): string {
  const projection = collections.find(({ kind }) => kind === 'projection');
  return projection === undefined ? '<system>.<projection>.ingestion' : `${projection.system}.${projection.name}.ingestion`;
}

function FirstSteps({ topic }: { readonly topic: string }) {
  return (
    <section className="notice notice-inline">
      <h2>No data yet</h2>
      <p>
        Bring in a first change from a terminal, or point a source at the project. It appears here at once, and in every single view that
        shows it.
      </p>
      <pre>
        <code>{`npx millrace ingest changes.ndjson\n# one change a line: {"topic": "${topic}", "key": {…}, "value": {…}}`}</code>
      </pre>
    </section>
  );
}
