import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { put, remove } from '../specification/messages.ts';
import { readRecording, shapeOf } from './recording.ts';
import type { RecordedFeed, RecordedFrame } from './recording.ts';
import { ServedProject } from './served-project.ts';

type Frames = readonly RecordedFrame[];

async function serve(dbType: string): Promise<ServedProject> {
  const project = await ServedProject.open({
    top: { id: 'demo', http: { port: 0 } },
    fastData: { alias: dbType },
    projections: {
      items: { id: 'string!', name: 'string', qty: 'number', price: 'number', tag: 'string' },
      notes: { id: 'string!', text: 'string', stars: 'number', tags: 'array', by: 'object' },
    },
  });
  onTestFinished(() => project[Symbol.asyncDispose]());
  return project;
}

/** The recorded rows carry their key in a field that is not the same everywhere. */
function rowOf({ docId, payload }: RecordedFeed): Readonly<Record<string, unknown>> {
  const { _id: _, ...fields } = payload ?? {};
  return { ...fields, id: docId };
}

function feedsOf({ data }: RecordedFrame): readonly RecordedFeed[] {
  return Array.isArray(data['docs']) ? (data['docs'] as RecordedFeed[]) : [];
}

/** An empty first result is a row that comes and goes: the client would not call its application for an empty list. */
function withEmptyResult([ack, ...rest]: Frames): Frames {
  const { id, group } = ack?.data ?? {};
  const feed = { id, docId: '', time: 1, group, dbType: 'sql-postgres' };
  const docs = [
    { ...feed, type: 'initial', payload: {} },
    { ...feed, type: 'delete', payload: null },
  ];
  return [{ ...(ack as RecordedFrame), data: { ...ack?.data, docs } }, ...rest];
}

/** A new document is an insert, whatever call has made it. */
function withInsertOf(wanted: string) {
  return (frames: Frames): Frames =>
    frames.map((frame) => (frame.data['docId'] === wanted ? { ...frame, data: { ...frame.data, type: 'insert' } } : frame));
}

/** The two oldest clients cannot be told apart: what the one reads in the answer, the other must be sent after it. */
function withRowsAfterAnswer([ack, ...rest]: Frames): Frames {
  const answer = ack as RecordedFrame;
  return [answer, ...feedsOf(answer).map((data) => ({ id: '', type: 'realtime-feed', data: { ...data } })), ...rest];
}

const asRecorded = (frames: Frames): Frames => frames;

test.each([
  ['0.10.3-pg-live-basic', 'sql-postgres', asRecorded],
  ['0.10.3-mongo-live-basic', 'mongo', withInsertOf('n-4')],
  ['0.10.3-pg-live-empty', 'sql-postgres', withEmptyResult],
  ['0.10.3-pg-live-changes-only', 'sql-postgres', asRecorded],
  ['0.10.3-pg-live-large', 'sql-postgres', asRecorded],
  ['0.19.3-standin-live', 'sql-postgres', asRecorded],
  ['0.5.0-standin-live', 'sql-postgres', withRowsAfterAnswer],
  ['0.3.29-standin-live', 'sql-postgres', asRecorded],
])('what the client of %s sends is answered as recorded', async (name, dbType, asHere) => {
  const recording = readRecording(name);
  const sent = recording.frames.filter(({ dir }) => dir === 'c2s').map(({ frame }) => frame);
  const recorded = recording.frames.filter(({ dir }) => dir === 's2c').map(({ frame }) => frame);
  const expected = asHere(recorded);
  const group = sent[0]?.data['group'] as string;
  const rows = feedsOf(recorded[0] as RecordedFrame);

  const project = await serve(dbType);
  await project.ingest(...rows.map((feed) => put(group, rowOf(feed))));
  await vi.waitUntil(async () => (await project.count(group)) === rows.length);

  const frames: RecordedFrame[] = [];
  const socket = new WebSocket(project.url.replace('http', 'ws') + recording.path);
  onTestFinished(() => socket.terminate());
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as RecordedFrame));
  await new Promise((resolve) => socket.once('open', resolve));

  for (const [i, frame] of expected.entries()) {
    // Answers are asked for by what the client sent; feeds are caused, unless they are the first rows again.
    const request = sent.find(({ id }) => id === frame.id);
    if (request !== undefined) socket.send(JSON.stringify(request));
    else if (!rows.some(({ docId }) => docId === frame.data['docId'])) {
      const feed = frame.data as unknown as RecordedFeed;
      await project.ingest(feed.payload === null ? remove(group, feed.docId) : put(group, rowOf(feed)));
    }
    await vi.waitUntil(() => frames.length > i, { timeout: 10_000 });
  }
  expect(frames.map(shapeOf)).toEqual(expected.map(shapeOf));
});
