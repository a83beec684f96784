import { expect, test } from 'vitest';
import type { LogRecord } from '../../packages/server/src/core/log-record.ts';
import { StoredRecord } from '../../packages/server/src/core/record.ts';
import { projectionUpdatesTopic } from '../../packages/server/src/core/hand-over-topics.ts';
import { encodeDelta } from '../../packages/server/src/flow/messages/delta-message.ts';
import { MemoryLog } from '../../packages/server/src/log/memory/memory-log.ts';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import type { ProjectReader } from '../../packages/server/src/runtime/registry.ts';
import { MemoryStore } from '../../packages/server/src/store/memory/memory-store.ts';
import { buildProject } from '../oracle/random-project.ts';
import type { RandomProject } from '../oracle/random-project.ts';
import { Accounts } from './accounts.ts';

const NOTHING = { readsDeleted: false, missingFields: 'null', emptyObject: 'leaves' } as const;
const PROJECTION = { format: 1, key: 0, hard: true, renamed: false, partitions: 0, topics: 0 };

/** One projection without views, `p0`, with a string `id`. */
const project: RandomProject = buildProject({ projections: [PROJECTION], relations: [], views: [], ...NOTHING });

const META = { counterType: 'timestamp', counter: '1', topic: 'p0.x', partition: 0, offset: 0, part: 0, timestamp: 1, recordKey: null };

function record(s: string | null): StoredRecord {
  const meta = JSON.stringify({ ...META, createdAt: 1, updatedAt: 1 });
  return new StoredRecord('a', JSON.stringify({ id: 'a', s }), 'PUBLIC', meta);
}

/** A store that holds the last of these images, and a log that tells of some of the changes between them. */
async function accountsOf(images: readonly (StoredRecord | null)[], told: readonly number[]): Promise<Accounts> {
  const log = new MemoryLog({ shared: true });
  const store = new MemoryStore();
  const { plan } = derivePlan(project.definitions);
  if (plan === null) throw new Error('The project has a plan');
  await store.define([{ name: 'p0', kind: 'projection', key: ['id'], indexes: [] }]);
  await store.transact((writer) => writer.write('p0', [{ id: 'a', previous: null, next: images.at(-1) ?? null }]));
  const topic = projectionUpdatesTopic({ id: 'random', definitions: project.definitions }, 'p0');
  await log.append(
    told.map((at) => {
      const delta = { collection: 'p0', id: 'a', before: images[at] ?? null, after: images[at + 1] ?? null, position: null };
      return encodeDelta(delta, { topic, kind: 'projection', source: null, key: ['id'], lane: 'interactive', now: 1 });
    }),
  );
  return new Accounts({ id: 'random', project, plan, log, store: store as unknown as ProjectReader });
}

const IMAGES = [null, record('one'), record('two'), record('three')];

test('changes that were all announced, some twice, are accounted for', async () => {
  const accounts = await accountsOf(IMAGES, [0, 0, 1, 2, 1]);
  expect(await accounts.unannounced()).toEqual([]);
});

test('a change that was not announced is found, be it the last one or one on the way', async () => {
  expect(await (await accountsOf(IMAGES, [0, 1])).unannounced()).toEqual([expect.stringMatching(/p0 a is .*three.* not announced/)]);
  expect(await (await accountsOf(IMAGES, [0, 2])).unannounced()).toEqual([expect.stringMatching(/p0 a was .*two.* not announced/)]);
});

test('records that nobody has answered for are found', async () => {
  const log = new MemoryLog({ shared: true });
  const { plan } = derivePlan(project.definitions);
  if (plan === null) throw new Error('The project has a plan');
  const accounts = new Accounts({ id: 'random', project, plan, log, store: new MemoryStore() as unknown as ProjectReader });
  await log.append([{ topic: 'p0.x', key: 'a', value: 'b' }]);
  expect(await accounts.unfinished()).toEqual(['updater has done 0 of 1 of p0.x/0']);
  await using consumer = await log.subscribe({ group: 'random.updater', topics: ['p0.x'] });
  const [read] = (await consumer.poll(1)) as readonly LogRecord[];
  await consumer.commit(new Map([['p0.x', new Map([[0, (read?.offset ?? 0) + 1]])]]));
  expect(await accounts.unfinished()).toEqual([]);
});
