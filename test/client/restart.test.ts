import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SubscribeReply } from '@millrace/protocol';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../packages/client/src/millrace.ts';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import { openLog } from '../../packages/server/src/runtime/registry.ts';
import type { Message } from '../specification/messages.ts';
import { Deployment } from '../deployments/deployment.ts';
import { TemporaryFolder } from '../e2e/run-millrace.ts';
import { eventually } from './eventually.ts';
import { KilledProgram } from './killed-program.ts';
import { SHOP, customer } from './shop.ts';

const folder = new TemporaryFolder();
const deployment = new Deployment();
const program = new KilledProgram(folder.path, deployment.environment);

beforeAll(async () => {
  for (const [name, content] of Object.entries(SHOP)) {
    const file = path.join(folder.path, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(content));
  }
  await program.start();
  await process(customer(1, { name: 'Ada' }));
});

afterAll(async () => {
  await program[Symbol.asyncDispose]();
  await deployment[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

let timestamp = 1_700_000_000_000;

/** Returns when the program has nothing left to do. */
async function process(message: Message): Promise<void> {
  const { config } = await loadProject({ folder: folder.path, env: deployment.environment });
  if (config === null) throw new Error('The project cannot be read');
  await using log = await openLog(config);
  const { topic, key, value } = message;
  await log.append([{ topic, key: JSON.stringify(key), value: JSON.stringify(value), timestamp: (timestamp += 1000) }]);
  using client = connect(program.url);
  await eventually(async () => expect(await client.get('sv_customers', (value as { id: number }).id)).toMatchObject(value ?? {}));
  await eventually(async () => expect((await client.pipeline()).queued).toEqual([]));
}

/** The answer to a subscription, as it comes over the wire. */
async function subscribe(query: object, position?: string): Promise<SubscribeReply> {
  const socket = new WebSocket(`${program.url.replace('http', 'ws')}/v1/api/socket/json`);
  try {
    return await new Promise<SubscribeReply>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => {
        const data = { id: 's', version: 1, ...query, ...(position === undefined ? {} : { position }) };
        socket.send(JSON.stringify({ id: 'r', type: 'realtime-subscribe', data }));
      });
      socket.once('message', (text: Buffer) => resolve((JSON.parse(text.toString()) as { data: SubscribeReply }).data));
    });
  } finally {
    socket.terminate();
  }
}

const QUERIES = [
  { group: 'customers' },
  { group: 'customers', where: { name: 'Ada' }, sort: { name: 1 }, limit: 5 },
  { group: 'sv_customers' },
];

test.each(['SIGKILL', 'SIGTERM'] as const)('who comes back after %s, when nothing has changed, is told nothing', async (signal) => {
  const before = await Promise.all(QUERIES.map((query) => subscribe(query)));
  expect(before.map(({ reset, docs }) => [reset, docs?.length])).toEqual([[true, 1], [true, 1], [true, 1]]); // prettier-ignore
  await program.kill(signal);
  await program.start();
  const after = await Promise.all(QUERIES.map((query, i) => subscribe(query, before[i]?.position)));
  expect(after).toMatchObject(before.map(({ position }) => ({ ack: true, reset: false, docs: [], position })));
});

test('who missed a commit before the program was killed gets a whole result, of the same epoch', async () => {
  const before = await subscribe({ group: 'customers' });
  await process(customer(2, { name: 'Bo' }));
  const epochOf = ({ position }: SubscribeReply) => position?.split(':')[0];
  expect(await subscribe({ group: 'customers' }, before.position)).toMatchObject({ reset: false, docs: [] });
  await program.kill();
  await program.start();
  const after = await subscribe({ group: 'customers' }, before.position);
  expect([after.reset, after.docs?.length, epochOf(after)]).toEqual([true, 2, epochOf(before)]);
});
