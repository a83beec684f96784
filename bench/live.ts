/**
 * Live queries end to end: one process serves, this one holds the clients (`@millrace/client`, one connection each).
 *
 *     npm run bench:live                            1,000 clients
 *     npm run bench:live -- --clients 100 --seconds 10 --repeat 3
 *
 * Freshness: 2,000 changes/s, each touching one client, from just before the log's append to the client's callback. Fan-out: equal
 * queries of all clients, 20 changes/s; deliveries for each second of CPU of the serving process. The baseline is a bare `ws` server in
 * a process of its own that sends the same frames to the same number of sockets at the same rate.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect } from '@millrace/client';
import type { FromServer, ToServer } from './live/messages.ts';

const { values: options } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    repeat: { type: 'string', default: '3' },
  },
});
const clients = Number(options.clients);
const seconds = Number(options.seconds);

interface Item {
  readonly _id: string;
  readonly value: number;
  readonly sentAt: number;
}

const works: readonly { readonly name: string; readonly perSecond: number; readonly isShared: boolean; readonly server: string }[] = [
  { name: 'freshness', perSecond: 2_000, isShared: false, server: 'server.ts' },
  { name: 'fan-out', perSecond: 20, isShared: true, server: 'server.ts' },
];

console.info(`${clients} clients, ${seconds} s each; ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
for (const work of works) for (let i = 0; i < Number(options.repeat); i++) await measure(work);

async function measure(work: (typeof works)[number]): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'millrace-bench-live-'));
  const child = fork(join(import.meta.dirname, 'live', work.server), [data], { execArgv: ['--conditions=source'] });
  try {
    const { url } = await next(child, 'ready');
    const delays: number[] = [];
    const open = await Promise.all(
      Array.from({ length: clients }, (_, owner) => subscribe(url, work.isShared ? undefined : owner, delays)),
    );
    // The first changes make the rows, and warm everything up.
    await feed(child, { kind: 'feed', perSecond: work.perSecond, seconds: 2, owners: clients });
    await settled(delays);
    delays.length = 0;
    const { sent, cpuSeconds } = await feed(child, { kind: 'feed', perSecond: work.perSecond, seconds, owners: clients });
    await settled(delays);
    report(work.name, { sent, cpuSeconds, delays, wanted: work.isShared ? sent * clients : sent });
    for (const close of open) close();
    child.send({ kind: 'end' } satisfies ToServer);
    await new Promise((resolve) => child.once('exit', resolve));
  } finally {
    child.kill();
    await rm(data, { recursive: true, force: true });
  }
}

/** One client with one live query. Resolves with what closes it, when its first result is there. */
function subscribe(url: string, owner: number | undefined, delays: number[]): Promise<() => void> {
  const client = connect<{ items: Item }>(url);
  const query = client.liveQuery('items', owner === undefined ? {} : { where: { owner } as never });
  return new Promise((resolve) => {
    query.subscribe(({ changes, status }) => {
      const now = performance.timeOrigin + performance.now();
      for (const change of changes) if (change.kind !== 'delete') delays.push(now - change.row.sentAt);
      if (status === 'live') resolve(() => client.close());
    });
  });
}

function feed(child: ChildProcess, message: Extract<ToServer, { kind: 'feed' }>): Promise<Extract<FromServer, { kind: 'fed' }>> {
  child.send(message);
  return next(child, 'fed');
}

function next<Kind extends FromServer['kind']>(child: ChildProcess, kind: Kind): Promise<Extract<FromServer, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The serving process ended with ${code}`)));
    child.once('message', (message: FromServer) => {
      if (message.kind === kind) resolve(message as Extract<FromServer, { kind: Kind }>);
    });
  });
}

/** Resolves when nothing has come for a while. */
async function settled(delays: readonly number[]): Promise<void> {
  for (let last = -1; last !== delays.length; await new Promise((resolve) => setTimeout(resolve, 500))) last = delays.length;
}

interface Result {
  readonly sent: number;
  readonly cpuSeconds: number;
  readonly delays: readonly number[];
  /** Deliveries, where none is merged with a later one of the same row in the same commit. */
  readonly wanted: number;
}

function report(name: string, { sent, cpuSeconds, delays, wanted }: Result): void {
  const sorted = [...delays].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  const perCpuSecond = Math.round(delays.length / cpuSeconds);
  console.info(
    `${name}: ${sent} changes, ${delays.length} of ${wanted} deliveries, p50 ${at(0.5)} ms p99 ${at(0.99)} ms max ${at(1)} ms, ` +
      `server ${cpuSeconds.toFixed(1)} CPU s, ${perCpuSecond} deliveries per CPU second`,
  );
}
