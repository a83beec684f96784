import { readFileSync } from 'node:fs';
import path from 'node:path';

interface Line {
  readonly dir: 'c2s' | 's2c' | 'app';
  readonly kind: string;
  readonly conn?: number;
  readonly opcode?: string;
  readonly fin?: boolean;
  readonly path?: string;
  readonly text: string;
}

export interface RecordedFeed {
  readonly docId: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>> | null;
}

export interface RecordedFrame {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What crossed the wire of one socket, in order; `path` is that of the socket. */
export interface Recording {
  readonly path: string;
  readonly frames: readonly { readonly dir: 'c2s' | 's2c'; readonly frame: RecordedFrame }[];
}

const FOLDER = path.resolve(import.meta.dirname, '../fixtures/space-api');

export function readRecording(name: string): Recording {
  const lines = readFileSync(path.join(FOLDER, `${name}.ndjson`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  const upgrade = lines.find((line) => line.kind === 'http' && line.path?.endsWith('/socket/json') === true);
  if (upgrade?.path === undefined) throw new Error(`There is no socket in ${name}`);
  const frames: Recording['frames'][0][] = [];
  let begun = '';
  for (const { dir, kind, opcode, fin, text } of lines) {
    if (kind !== 'ws' || dir === 'app' || (opcode !== 'text' && opcode !== 'continuation')) continue;
    begun += text;
    if (fin === false) continue;
    frames.push({ dir, frame: JSON.parse(begun) as RecordedFrame });
    begun = '';
  }
  return { path: upgrade.path, frames };
}

/** A frame without what differs from run to run (times) and from server to server (the fields that hold the key). */
export function shapeOf(frame: RecordedFrame): unknown {
  const docs = frame.data['docs'];
  const data = Array.isArray(docs)
    ? { ...frame.data, docs: docs.map(feedShape) }
    : 'docId' in frame.data
      ? feedShape(frame.data)
      : frame.data;
  return { ...frame, data };
}

function feedShape(feed: Readonly<Record<string, unknown>>): unknown {
  const { payload } = feed as unknown as RecordedFeed;
  const known = payload === null ? null : Object.fromEntries(Object.entries(payload).filter(([name]) => name !== 'id' && name !== '_id'));
  const find = 'find' in feed ? { find: Object.values(feed['find'] as object) } : {};
  return { ...feed, payload: known, time: typeof feed['time'], ...find };
}
