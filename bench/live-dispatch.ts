import { silentLogger } from '../packages/server/src/core/logger.ts';
import { StoredRecord } from '../packages/server/src/core/record.ts';
import { systemClock } from '../packages/server/src/core/clock.ts';
import { encode } from '../packages/server/src/core/tagged-json.ts';
import { LiveEngine } from '../packages/server/src/flow/5-serve/live-engine.ts';
import type { LiveSink } from '../packages/server/src/flow/5-serve/live.ts';
import type { Commit } from '../packages/server/src/store/store.ts';

/**
 * What a change costs while there are many live queries: each asks for the orders of one customer, and each change touches one of them.
 * Measured from the commit to the text that would be sent. Run with `npm run bench:dispatch`.
 */
const SUBSCRIPTIONS = [1, 1_000, 10_000, 100_000];
const CHANGES = 20_000;
const REPETITIONS = 9;
/** Changes go to so many customers, of those that somebody asks for. */
const CUSTOMERS = 1_000;

function order(customer: number, version: number): StoredRecord {
  const document = {
    orderId: customer * 7,
    customerId: customer,
    status: version % 2 === 0 ? 'open' : 'shipped',
    total: version * 1.25,
    note: 'Please ring twice and leave it with the neighbours when nobody opens the door',
    address: { street: 'Via dei Mulini 12', city: 'Roma', zip: '00100', country: 'IT' },
    lines: [1, 2, 3].map((line) => ({ line, sku: `SKU-${customer}-${line}`, quantity: line })),
    version,
  };
  return new StoredRecord(`o${customer}`, encode(document), 'PUBLIC', '{"createdAt":1,"updatedAt":2}');
}

/** Nanoseconds per change, of each repetition. */
async function measure(subscriptions: number): Promise<number[]> {
  let tell: (commit: Commit) => void = () => undefined;
  const engine = await LiveEngine.open({
    commits: { onCommit: (listener) => ((tell = listener), () => undefined) },
    snapshots: { snapshot: async () => ({ sequence: 0, records: [] }) },
    collections: ['orders'],
    limits: { maxRows: 10_000, resumeMs: 3_600_000, resumeBytes: 64 * 1024 * 1024 },
    clock: systemClock,
    epoch: 'bench',
    logger: silentLogger,
  });
  let delivered = 0;
  const sink: LiveSink = {
    reset: () => undefined,
    changes: (changes) => {
      for (const change of changes) if (change.kind !== 'delete') delivered += change.row.payload('extended').length > 0 ? 1 : 0;
    },
    closed: () => undefined,
  };
  for (let customer = 0; customer < subscriptions; customer++) {
    const filter = { kind: 'compare', path: ['customerId'], operator: '$eq', value: customer } as const;
    await engine.subscribe({ collection: 'orders', filter }, sink);
  }
  await new Promise((resolve) => setImmediate(resolve));

  const times: number[] = [];
  let sequence = 0;
  const touched = Math.min(CUSTOMERS, subscriptions);
  const step = Math.floor(subscriptions / touched);
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const commits = Array.from({ length: CHANGES }, (_, i): Commit => {
      const customer = (i % touched) * step;
      const [before, after] = [order(customer, i), order(customer, i + 1)];
      return { sequence: ++sequence, deltas: [{ collection: 'orders', id: after.id, before, after, position: null }], replaced: [] };
    });
    // The time of this thread alone, whatever else the machine does.
    const start = process.threadCpuUsage();
    for (const commit of commits) tell(commit);
    const { user, system } = process.threadCpuUsage(start);
    times.push(((user + system) * 1_000) / CHANGES);
  }
  if (delivered !== CHANGES * REPETITIONS) throw new Error(`${delivered} changes were delivered, not ${CHANGES * REPETITIONS}`);
  engine[Symbol.dispose]();
  // The first warms up.
  return times.slice(1).sort((a, b) => a - b);
}

const medians = new Map<number, number>();
for (const subscriptions of SUBSCRIPTIONS) {
  const times = await measure(subscriptions);
  const median = times[times.length >> 1] as number;
  medians.set(subscriptions, median);
  const spread = [times[0], times.at(-1)].map((ns) => ((ns ?? 0) / 1_000).toFixed(1)).join(' to ');
  console.log(`${String(subscriptions).padStart(7)} subscriptions: ${(median / 1_000).toFixed(2)} µs a change (${spread})`);
}
console.log(`100,000 to 1,000: ${((medians.get(100_000) ?? 0) / (medians.get(1_000) ?? 1)).toFixed(2)}`);
