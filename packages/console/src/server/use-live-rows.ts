import type { AnyDocument, Snapshot } from '@millrace/client';
import { useEffect, useMemo, useState } from 'react';
import type { Row } from '../collection/row-marks.ts';
import { signature } from '../document/value.ts';
import { client } from './client.ts';

/** What a live query gives a component. */
export interface LiveRows {
  readonly state: 'waiting' | 'live' | 'reconnecting' | 'failed';
  /** The result at one position, in its order; the last known one while the server is away. */
  readonly rows: readonly Row[];
  /** False until the first result of this query. */
  readonly isComplete: boolean;
  /** Why the server refused or ended the query. */
  readonly error: string | undefined;
}

export interface LiveRowsQuery {
  readonly collection: string;
  readonly where: Readonly<Record<string, unknown>> | undefined;
  readonly sort?: Readonly<Record<string, 1 | -1>> | undefined;
  readonly limit?: number | undefined;
}

/** No eye sees more than this: commits that come faster are shown together. */
const SHOW_EVERY_MS = 100;
const NO_RESULT: LiveRows = { state: 'waiting', rows: [], isComplete: false, error: undefined };
const STATES = { loading: 'waiting', live: 'live', stale: 'reconnecting', failed: 'failed', closed: 'failed' } as const;

/** The exact result of a query for as long as the component is there. */
export function useLiveRows(query: LiveRowsQuery): LiveRows {
  const text = signature(query);
  // The same object for equal queries: a component makes a new one each time.
  const held = useMemo(() => JSON.parse(text) as LiveRowsQuery, [text]);
  const [result, setResult] = useState<{ readonly text: string; readonly live: LiveRows }>({ text, live: NO_RESULT });

  useEffect(() => {
    const { collection, where, sort, limit } = held;
    const live = client.liveQuery(collection, { ...(where && { where }), ...(sort && { sort }), ...(limit && { limit }) });
    let latest: Snapshot<AnyDocument> | undefined;
    let timer: number | undefined;
    const show = (): void => {
      timer = undefined;
      if (latest === undefined) return;
      const snapshot = latest;
      latest = undefined;
      setResult((before) => ({ text, live: liveRows(snapshot, before.text === text ? before.live : NO_RESULT) }));
      timer = window.setTimeout(show, SHOW_EVERY_MS);
    };
    const stop = live.subscribe((snapshot) => {
      latest = snapshot;
      timer ??= window.setTimeout(show, 0);
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, [held, text]);

  return result.text === text ? result.live : NO_RESULT;
}

function liveRows({ rows, status, position, error }: Snapshot<AnyDocument>, before: LiveRows): LiveRows {
  const isComplete = before.isComplete || position !== undefined;
  return { state: STATES[status], rows: sameRows(rows, before.rows), isComplete, error: error?.message };
}

/** A row that is the same document stays the same object, and so do all of them where nothing has changed. */
function sameRows(documents: readonly AnyDocument[], before: readonly Row[]): readonly Row[] {
  const known = new Map(before.map((row) => [row.document, row]));
  const rows = documents.map((document) => known.get(document) ?? { id: String(document['_id']), document });
  return rows.length === before.length && rows.every((row, index) => row === before[index]) ? before : rows;
}
