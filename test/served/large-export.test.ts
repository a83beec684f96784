import { request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { encode } from '../../packages/server/src/core/tagged-json.ts';
import { StoredRecord } from '../../packages/server/src/core/record.ts';
import { ServedProject } from './served-project.ts';
import { thingsWith } from './things.ts';

const ROWS = 100_000;
const CHUNK = 10_000;
const NOTE = 'x'.repeat(600);
/** Of all documents together, which are some 75 MB as text. */
const ALLOWED_BYTES = 25 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function fill({ engine }: ServedProject): Promise<void> {
  const meta = JSON.stringify({
    counterType: 'timestamp',
    counter: '1',
    topic: 't',
    partition: 0,
    offset: 0,
    part: 0,
    timestamp: 1,
    recordKey: null,
    createdAt: 1,
    updatedAt: 1,
  });
  for (let from = 0; from < ROWS; from += CHUNK) {
    await engine.store.transact(async (writer) => {
      const records = Array.from({ length: CHUNK }, (_, i) => {
        const b = from + i;
        return new StoredRecord(`a=a&b=${b}`, encode({ a: 'a', b, note: NOTE }), 'PUBLIC', meta);
      });
      await writer.write(
        'links',
        records.map((next) => ({ id: next.id, previous: null, next })),
      );
    });
  }
}

interface Read {
  readonly lines: number;
  readonly bytes: number;
  /** Most memory beyond what there was before, of texts and buffers. */
  readonly grownBytes: number;
}

/** Reads an answer slower than it could come. */
function readSlowly(url: string): Promise<Read> {
  const { hostname, port, pathname, search } = new URL(url);
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().external;
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: pathname + search, agent: false }, (response) => {
      collect();
      const before = used();
      let [lines, bytes, grownBytes, chunks] = [0, 0, 0, 0];
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        for (const byte of chunk) if (byte === 10) lines++;
        if (++chunks % 50 !== 0) return;
        collect();
        grownBytes = Math.max(grownBytes, used() - before);
        response.pause();
        setImmediate(() => response.resume());
      });
      response.on('error', reject);
      response.on('end', () => resolve({ lines, bytes, grownBytes }));
    })
      .on('error', reject)
      .end();
  });
}

test.each(['', '?_s=-b'])('100,000 documents are exported%s in the order asked for, without being held in memory', async (search) => {
  await using served = await ServedProject.open(thingsWith());
  await fill(served);
  const { lines, bytes, grownBytes } = await readSlowly(`${served.url}/links/export${search}`);
  expect(lines).toBe(ROWS);
  expect(bytes).toBeGreaterThan(ROWS * NOTE.length);
  expect(grownBytes).toBeLessThan(ALLOWED_BYTES);
});
