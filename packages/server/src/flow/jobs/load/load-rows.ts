import type { ChangePlace } from '../../../core/metadata.ts';
import { decodeDocument } from '../../../core/tagged-json.ts';
import type { NewDocument } from '../../../store/store.ts';
import type { PreparedChange } from '../../2-project/prepared.ts';
import { metaText } from '../../2-project/record-image.ts';
import type { LoadChunk, RefusedRow } from './load-source.ts';

/** Some of the rows of a chunk: what one unit of work deals with. */
export interface LoadSlice {
  readonly chunk: LoadChunk;
  /** Places in the chunk's columns. */
  readonly from: number;
  readonly to: number;
  readonly refused: readonly RefusedRow[];
  /** The last line of it. Whether there is nothing after it in the chunk. */
  readonly through: number;
  readonly isLast: boolean;
}

/** The rows after a line, up to so many. */
export function sliceOf(chunk: LoadChunk, through: number, limit: number): LoadSlice {
  const { lines } = chunk;
  let from = 0;
  while (from < lines.length && (lines[from] as number) <= through) from++;
  const to = Math.min(lines.length, from + limit);
  const isLast = to === lines.length;
  const last = isLast ? Number.MAX_SAFE_INTEGER : (lines[to - 1] as number);
  const refused = chunk.refused.filter(({ line }) => line > through && line <= last);
  return { chunk, from, to, refused, through: isLast ? chunk.end.line : last, isLast };
}

/** Where the rows of a load stand in the order of changes. */
export function placeOfRow(
  topic: string,
  startedAt: number,
  { file, line }: { readonly file: number; readonly line: number },
): ChangePlace {
  return { counterType: 'load', counter: String(startedAt), topic, partition: file, offset: line, part: 0, timestamp: startedAt };
}

/** The rows as documents of a projection that has none of their ids. */
export function newDocuments(
  { chunk, from, to }: LoadSlice,
  { topic, startedAt, now }: { readonly topic: string; readonly startedAt: number; readonly now: number },
): NewDocument[] {
  const { ids, texts, indexed, lines, begin } = chunk;
  // All have the same metadata but for their line.
  const place = placeOfRow(topic, startedAt, { file: begin.file, line: 0 });
  const [before, after] = metaText({ ...place, recordKey: null, createdAt: now, updatedAt: now }, now).split('"offset":0,') as [
    string,
    string,
  ];
  const documents: NewDocument[] = [];
  for (let i = from; i < to; i++) {
    const meta = `${before}"offset":${lines[i]},${after}`;
    documents.push({ id: ids[i] as string, text: texts[i] as string, meta, indexed: indexed[i] ?? '' });
  }
  return documents;
}

/** One row as a change, as if it had come by a topic. */
export function changeOfRow(
  chunk: LoadChunk,
  at: number,
  { projection, topic, startedAt }: { readonly projection: string; readonly topic: string; readonly startedAt: number },
): PreparedChange {
  const { lines, ids, texts } = chunk;
  const { file } = chunk.begin;
  const line = lines[at] as number;
  return {
    change: {
      projection,
      operation: 'upsert',
      key: null,
      after: null,
      before: null,
      row: 'whole',
      counter: { type: 'load', value: BigInt(startedAt) },
      position: { topic, partition: file, offset: line, timestamp: startedAt },
      part: 0,
      recordKey: null,
    },
    place: placeOfRow(topic, startedAt, { file, line }),
    id: ids[at] as string,
    row: decodeDocument(texts[at] as string),
    keeps: null,
    patch: null,
    movedFrom: null,
    movedTo: null,
  };
}
