import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ChevronLeft, Pause, Play } from 'lucide-react';
import { useMemo, useState } from 'react';
import { DocumentPanel } from '../document/document-panel.tsx';
import { signature } from '../document/value.ts';
import type { LiveRows } from '../server/use-live-rows.ts';
import { collectionsOverview } from '../server/overviews.ts';
import { usePolled } from '../server/polled.ts';
import { useLiveRows } from '../server/use-live-rows.ts';
import { Away } from '../shell/away.tsx';
import { useTitle } from '../shell/use-title.ts';
import { count, plural } from '../text/numbers.ts';
import { columnsOf } from './columns.ts';
import { FilterBox } from './filter-box.tsx';
import { RowsTable } from './rows-table.tsx';
import { DEFAULT_LIMIT, LIMITS, nextSort, sortOf } from './search.ts';
import type { CollectionSearch } from './search.ts';
import { useShownRows } from './use-shown-rows.ts';

const UNKNOWN = { key: [], fields: [] } as const;

export function CollectionPage() {
  const { name } = useParams({ from: '/collections/$name' });
  const { filter, sort, limit = DEFAULT_LIMIT, doc } = useSearch({ from: '/collections/$name' });
  const navigate = useNavigate({ from: '/collections/$name' });
  useTitle(name);
  const overview = usePolled(collectionsOverview);
  const known = overview.value?.collections.find((collection) => collection.name === name);
  const [isPaused, setPaused] = useState(false);
  const query = signature([name, filter ?? null, sort ?? null, limit]);
  const live = useLiveRows({ collection: name, where: filter, sort: sortOf(sort), limit });
  const { rows, waiting } = useShownRows(live, query, isPaused);
  const present = rows.length - rows.filter(({ mark }) => mark === 'leave').length;
  const columns = useColumns(known ?? UNKNOWN, rows);
  const change = (next: CollectionSearch, replace: 'push' | 'replace' = 'push'): void =>
    void navigate({ search: next, replace: replace === 'replace' });
  const without = (omitted: keyof CollectionSearch): CollectionSearch => {
    const all: CollectionSearch = {
      ...(filter && { filter }),
      ...(sort && { sort }),
      ...(limit !== DEFAULT_LIMIT && { limit }),
      ...(doc && { doc }),
    };
    return Object.fromEntries(Object.entries(all).filter(([field]) => field !== omitted));
  };

  if (overview.value !== undefined && known === undefined) return <NoCollection name={name} />;
  if (overview.value === undefined && overview.error !== undefined)
    return <Away error={overview.error} onRetry={collectionsOverview.retry} />;
  return (
    <div className="collection" data-panel={doc !== undefined || undefined}>
      <section className="collection-main" aria-label={name}>
        <div className="room-head">
          <div>
            <Link to="/collections" className="back">
              <ChevronLeft size={14} aria-hidden /> Collections
            </Link>
            <h1 className="mono">{name}</h1>
          </div>
          <div className="live-line">
            <LiveBadge live={live} isPaused={isPaused} waiting={waiting} />
            <button type="button" className="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
              {isPaused ? <Play size={15} aria-hidden /> : <Pause size={15} aria-hidden />} {isPaused ? 'Resume' : 'Pause'}
            </button>
          </div>
        </div>
        <FilterBox
          fields={known?.fields ?? UNKNOWN.fields}
          filter={filter}
          refusal={live.state === 'failed' ? live.error : undefined}
          onFilter={(next) => change({ ...without('filter'), ...(next === undefined ? {} : { filter: next }) })}
        />
        <div className="rows-head">
          <p className="summary" role="status">
            {live.isComplete
              ? rowsText({ present, limit, total: filter === undefined ? known?.count : undefined })
              : 'Waiting for the result …'}
          </p>
          <label className="limit">
            Show at most
            <select
              value={limit}
              onChange={(event) =>
                change({
                  ...without('limit'),
                  ...(Number(event.target.value) === DEFAULT_LIMIT ? {} : { limit: Number(event.target.value) }),
                })
              }
            >
              {LIMITS.map((choice) => (
                <option key={choice} value={choice}>
                  {count(choice)}
                </option>
              ))}
            </select>
          </label>
        </div>
        {live.isComplete && rows.length === 0 ? (
          <p className="nothing">
            {filter === undefined
              ? 'No documents yet. The first one appears here as soon as it is there.'
              : 'No document matches. One that comes to match appears here at once.'}
          </p>
        ) : (
          <RowsTable
            label={`Documents of ${name}`}
            columns={columns}
            rows={rows}
            sort={sort}
            openId={doc}
            onSort={(field) => {
              const next = nextSort(sort, field);
              change({ ...without('sort'), ...(next === undefined ? {} : { sort: next }) }, 'replace');
            }}
            onOpen={(id) => change({ ...without('doc'), doc: id }, doc === undefined ? 'push' : 'replace')}
          />
        )}
      </section>
      {doc === undefined ? null : <OpenDocument key={doc} collection={name} id={doc} isPaused={isPaused} onClose={() => close(doc)} />}
    </div>
  );

  function close(id: string): void {
    change(without('doc'));
    window.document.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(id)}"]`)?.focus();
  }
}

interface OpenDocumentProps {
  readonly collection: string;
  readonly id: string;
  readonly isPaused: boolean;
  readonly onClose: () => void;
}

/** Its own live query: the document may stand outside of the rows that are shown, or leave them. */
function OpenDocument({ collection, id, isPaused, onClose }: OpenDocumentProps) {
  const where = useMemo(() => ({ _id: id }), [id]);
  const live = useLiveRows({ collection, where });
  return <DocumentPanel collection={collection} id={id} live={live} isPaused={isPaused} onClose={onClose} />;
}

function LiveBadge({ live, isPaused, waiting }: { readonly live: LiveRows; readonly isPaused: boolean; readonly waiting: number }) {
  let state: string = live.state;
  let text = { waiting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting', failed: 'Refused' }[live.state];
  if (isPaused && live.state === 'live') {
    state = 'paused';
    text = waiting === 0 ? 'Paused' : `Paused, ${plural(waiting, 'update')} waiting`;
  }
  return (
    <p className="live-badge" data-state={state} role="status">
      <span className="dot" aria-hidden="true" /> {text}
    </p>
  );
}

function NoCollection({ name }: { readonly name: string }) {
  return (
    <section className="notice">
      <h1>There is no collection “{name}”</h1>
      <p>It may have another name in this project, or it is no longer configured.</p>
      <p>
        <Link to="/collections">All collections</Link>
      </p>
    </section>
  );
}

function rowsText({
  present,
  limit,
  total,
}: {
  readonly present: number;
  readonly limit: number;
  readonly total: number | undefined;
}): string {
  if (present < limit) return plural(present, 'document');
  return total === undefined
    ? `The first ${count(present)} that match`
    : `The first ${count(present)} of ${plural(Math.max(total, present), 'document')}`;
}

/** Columns stay where they are as rows come and go: they are chosen anew only when another field is seen. */
function useColumns(collection: Parameters<typeof columnsOf>[0], rows: Parameters<typeof columnsOf>[1]): ReturnType<typeof columnsOf> {
  const [held, setHeld] = useState<{ readonly names: string; readonly columns: ReturnType<typeof columnsOf> }>({ names: '', columns: [] });
  const columns = columnsOf(collection, rows);
  const names = signature([collection.key, columns.map(({ name }) => name).toSorted(), rows.length > 0]);
  if (names === held.names) return held.columns;
  setHeld({ names, columns });
  return columns;
}
