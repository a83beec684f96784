/**
 * The process that serves, for `bench/live.ts`: an engine, its server, and the feed of changes. It is told what to do by messages, and
 * tells what it measured.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import { systemClock } from '../../packages/server/src/core/clock.ts';
import type { NewLogRecord } from '../../packages/server/src/core/log-record.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import { openEngine } from '../../packages/server/src/runtime/engine.ts';
import { serve } from '../../packages/server/src/runtime/server.ts';
import { TICK_MS } from './messages.ts';
import type { FromServer, ToServer } from './messages.ts';

const loaded = await loadProject({ folder: join(import.meta.dirname, '../project/live'), overrides: { data: process.argv[2], port: 0 } });
const { config, definitions, hashes } = loaded;
if (config === null || definitions === null) throw new Error(JSON.stringify(loaded.problems));
const { plan } = derivePlan(definitions);
if (plan === null) throw new Error('The project of the measurement has no plan');
const project = { config, definitions, plan, hashes };
const engine = await openEngine(project, { logger: silentLogger });
const server = await serve(engine, project, { clock: systemClock, logger: silentLogger });
const stop = new AbortController();
const running = engine.run(stop.signal);
tell({ kind: 'ready', url: server.url });

process.on('message', (message: ToServer) => {
  if (message.kind === 'feed') void feed(message).then(tell);
  else void end();
});

/** Appends changes at a steady rate; each carries the moment just before it was appended. */
async function feed({ perSecond, seconds, owners }: Extract<ToServer, { kind: 'feed' }>): Promise<FromServer> {
  const begin = performance.now();
  const cpu = process.cpuUsage();
  let sent = 0;
  while (performance.now() - begin < seconds * 1000) {
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
    const records: NewLogRecord[] = [];
    const sentAt = performance.timeOrigin + performance.now();
    for (; sent < due; sent++) records.push(record(sent % owners, sent, sentAt));
    if (records.length > 0) await engine.log.append(records);
    await wait(TICK_MS);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { kind: 'fed', sent, cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - begin) / 1000 };
}

function record(owner: number, value: number, sentAt: number): NewLogRecord {
  return {
    topic: 'bench.items.ingestion',
    key: Buffer.from(JSON.stringify({ id: owner })),
    value: Buffer.from(JSON.stringify({ id: owner, owner, value, sentAt })),
    headers: {},
    timestamp: Date.now(),
  };
}

function tell(message: FromServer): void {
  process.send?.(message);
}

async function end(): Promise<void> {
  stop.abort();
  await running;
  await server[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
  process.disconnect();
}
