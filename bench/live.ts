/**
 * Live queries end to end: one process serves, this one holds the clients (`@millrace/client`, one connection each).
 *
 *     npm run bench:live                            1,000 clients
 *     npm run bench:live -- --clients 100 --seconds 10 --repeat 3
 *
 * Freshness: 2,000 changes/s, each touching one client, from just before the log's append to the client's callback. Fan-out: equal
 * queries of all clients, 20 changes/s; deliveries for each second of CPU of the serving process. The baseline is a bare `ws` server in
 * a process of its own that sends frames of the same size to the same number of sockets at the same rate, in turn with ours.
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

const FIGURES: Readonly<Record<string, (result: Result) => number>> = {
  'p50, ms': ({ delays }) => at(delays, 0.5),
  'p99, ms': ({ delays }) => at(delays, 0.99),
  'deliveries per CPU second of the server': ({ delays, cpuSeconds }) => delays.length / cpuSeconds,
};

interface Work {
  readonly name: string;
  readonly perSecond: number;
  readonly isShared: boolean;
}

const WORKS: readonly Work[] = [
  { name: 'freshness', perSecond: 2_000, isShared: false },
  { name: 'fan-out', perSecond: 20, isShared: true },
];
const SERVERS = { millrace: 'server.ts', 'bare ws': 'bare-server.ts' } as const;

console.info(`${clients} clients, ${seconds} s each; ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
for (const work of WORKS) {
  console.info(`${work.name}: ${work.perSecond} changes/s, each to ${work.isShared ? 'all clients' : 'one client'}`);
  const ours: Result[] = [];
  const bare: Result[] = [];
  for (let i = 0; i < Number(options.repeat); i++) {
    ours.push(await measure(work, 'millrace'));
    bare.push(await measure(work, 'bare ws'));
  }
  for (const [what, of] of Object.entries(FIGURES)) {
    const [own, other] = [ours.map(of), bare.map(of)];
    console.info(`  ${what}: ${shown(own)}, bare ws ${shown(other)}, ratio ${shown(own.map((value, at) => value / (other[at] ?? 1)))}`);
  }
}

async function measure(work: Work, server: keyof typeof SERVERS): Promise<Result> {
  const data = await mkdtemp(join(tmpdir(), 'millrace-bench-live-'));
  const child = fork(join(import.meta.dirname, 'live', SERVERS[server]), [data], { execArgv: ['--conditions=source'] });
  child.once('exit', (code) => {
    // Its clients would wait for it for ever.
    if (code !== null && code > 0) process.exit(1);
  });
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
    const own = process.cpuUsage();
    const { sent, cpuSeconds } = await feed(child, { kind: 'feed', perSecond: work.perSecond, seconds, owners: clients });
    await settled(delays);
    const { user, system } = process.cpuUsage(own);
    const result = { sent, cpuSeconds, clientCpuSeconds: (user + system) / 1e6, delays: delays.sort((a, b) => a - b) };
    report(server, result, work.isShared ? sent * clients : sent);
    for (const close of open) close();
    child.send({ kind: 'end' } satisfies ToServer);
    await new Promise((resolve) => child.once('exit', resolve));
    return result;
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
  /** Of the serving process, while it was fed. */
  readonly cpuSeconds: number;
  readonly clientCpuSeconds: number;
  /** Sorted, ms. */
  readonly delays: readonly number[];
}

/** `wanted`: deliveries, where none is merged with a later one of the same row in the same commit. */
function report(server: string, { sent, cpuSeconds, clientCpuSeconds, delays }: Result, wanted: number): void {
  const times = [0.5, 0.99, 1].map((share) => `${at(delays, share).toFixed(1)} ms`);
  console.info(
    `  ${server}: ${sent} changes, ${delays.length} of ${wanted} deliveries, p50 ${times[0]} p99 ${times[1]} max ${times[2]}, ` +
      `CPU server ${cpuSeconds.toFixed(1)} s, clients ${clientCpuSeconds.toFixed(1)} s`,
  );
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** The median, and in brackets the lowest and the highest. */
function shown(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b).map((value) => value.toLocaleString('en', { maximumSignificantDigits: 3 }));
  return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} – ${sorted.at(-1)})`;
}
