import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { NewLogRecord } from '../../packages/server/src/core/log-record.ts';
import { Random } from '../random.ts';

/** Orders that the lines belong to, in no order: what makes an index expensive to keep. */
const ORDERS = 250_000;
const DISHES = 1_000;

/** Rows of about 390 bytes of JSON. */
export function* lineRows(count: number): Generator<string> {
  const random = new Random(7);
  for (let id = 0; id < count; id++) {
    yield JSON.stringify({
      id,
      order_id: random.below(ORDERS),
      dish_id: random.below(DISHES),
      quantity: 1 + (id % 9),
      price: (500 + random.below(5_000)) / 100,
      placed_at: new Date(Date.UTC(2024, 0, 1) - id * 60_000).toISOString(),
      status: id % 7 === 0 ? 'riding' : 'delivered',
      remark: `Ring twice, floor ${id % 9}, and leave it with the porter if nobody opens the door within a minute or two; the bell of the second entrance does not work`,
      street: `Via della Prova ${id % 300}, second entrance`,
      city: ['Milano', 'Torino', 'Roma', 'Napoli'][id % 4],
      courier: `Courier number ${random.below(500)}`,
      paid: id % 3 !== 0,
    });
  }
}

/** The rows of one table of a snapshot. */
export function* rowsOf(topic: string, records: Iterable<NewLogRecord>): Generator<string> {
  for (const record of records) {
    if (record.topic === topic) yield JSON.stringify((JSON.parse(String(record.value)) as { readonly after: unknown }).after);
  }
}

/** Gives the number of rows and bytes. */
export async function writeRows(file: string, rows: Iterable<string>): Promise<{ readonly rows: number; readonly bytes: number }> {
  const stream = createWriteStream(file);
  let count = 0;
  let part: string[] = [];
  const flush = async (): Promise<void> => {
    if (!stream.write(part.join(''))) await once(stream, 'drain');
    part = [];
  };
  for (const row of rows) {
    part.push(row, '\n');
    if (++count % 2_000 === 0) await flush();
  }
  await flush();
  stream.end();
  await once(stream, 'finish');
  return { rows: count, bytes: stream.bytesWritten };
}
