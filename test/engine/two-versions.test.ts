import { expect, test } from 'vitest';
import { systemClock } from '../../packages/server/src/core/clock.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import { HandOverPipeline } from '../../packages/server/src/flow/hand-over/hand-over-pipeline.ts';
import { MemoryLogState } from '../../packages/server/src/log/memory/memory-log-state.ts';
import { MemoryLog } from '../../packages/server/src/log/memory/memory-log.ts';
import {
  acceptDefinitionChanges,
  definitionsInForce,
  findDefinitionChanges,
} from '../../packages/server/src/runtime/definition-changes.ts';
import { openFormats } from '../../packages/server/src/runtime/registry.ts';
import { MemoryStore } from '../../packages/server/src/store/memory/memory-store.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import { loadTestable } from '../../packages/server/src/testing/memory-project.ts';
import { TemporaryFolder } from '../e2e/run-millrace.ts';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import type { Message } from '../specification/messages.ts';
import { writeFiles } from '../specification/project.ts';

type Mappings = Readonly<Record<string, Readonly<Record<string, string>>>>;

const OLD: Mappings = { sv_rooms: { id: 'rooms.id' } };
const NEW: Mappings = { sv_rooms: { id: 'rooms.id', beds: 'rooms.beds' }, sv_beds: { id: 'rooms.id', beds: 'rooms.beds' } };

function projectOf(mappings: Mappings) {
  const views = Object.entries(mappings).map(([name, mapping]) => [
    name,
    { SV_CONFIG: { dependencies: { rooms: { type: 'projection', on: '_identifier' } }, mapping } },
  ]);
  return filesOf({ projections: { rooms: { id: 'string!', beds: 'number' } }, views: Object.fromEntries(views) });
}

/** One log and one store, and processes that work by one version of the project or the other. */
class World implements AsyncDisposable {
  readonly store = new MemoryStore(undefined, { shared: true });
  readonly #logState = new MemoryLogState();
  readonly log = this.#openLog();
  readonly #end = new AbortController();
  readonly #running: Promise<void>[] = [];

  async start(mappings: Mappings): Promise<HandOverPipeline> {
    const pipeline = await this.open(mappings);
    this.#running.push(pipeline.run(this.#end.signal));
    return pipeline;
  }

  /** As an engine is opened. */
  async open(mappings: Mappings, store: Store = this.store): Promise<HandOverPipeline> {
    using folder = new TemporaryFolder();
    await writeFiles(folder.path, projectOf(mappings));
    const { definitions, plan } = await loadTestable(folder.path);
    const hashes = new Map(Object.entries(mappings).map(([name, mapping]) => [`view/${name}`, JSON.stringify(mapping)]));
    const changes = await findDefinitionChanges(store, plan, hashes);
    const pipeline = new HandOverPipeline({
      definitions,
      plan,
      log: this.#openLog(),
      store,
      formatOf: await openFormats(definitions.systems, null),
      code: null,
      clock: systemClock,
      logger: silentLogger,
      roles: new Set(['updater', 'trigger', 'creator']),
      inForce: definitionsInForce(store, hashes),
    });
    try {
      await pipeline.open();
      await acceptDefinitionChanges(store, changes);
      return pipeline;
    } catch (error) {
      await pipeline.close();
      throw error;
    }
  }

  async ingest(...messages: readonly Message[]): Promise<void> {
    await this.log.append(
      messages.map(({ topic, key, value, timestamp }) => ({
        topic,
        key: JSON.stringify(key),
        value: JSON.stringify(value),
        timestamp: timestamp ?? 0,
      })),
    );
  }

  async documents(view: string): Promise<unknown[]> {
    return (await this.store.find(view, { filter: { kind: 'true' } })).map(({ document }) => document);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#running);
  }

  #openLog(): MemoryLog {
    return new MemoryLog({ shared: true, partitions: 3, state: this.#logState });
  }
}

async function isIdle(pipeline: HandOverPipeline): Promise<void> {
  await expect.poll(() => pipeline.isIdle(), { timeout: 20_000 }).toBe(true);
}

test('a process that began with other definitions gives way, and all views are as the new ones say', async () => {
  await using world = new World();
  const old = await world.start(OLD);
  await world.ingest(put('rooms', { id: 'a', beds: 1 }), put('rooms', { id: 'b', beds: 2 }));
  await isIdle(old);
  expect(await world.documents('sv_rooms')).toEqual([{ id: 'a' }, { id: 'b' }]);

  const fresh = await world.start(NEW);
  await world.ingest(put('rooms', { id: 'c', beds: 3 }));
  await isIdle(fresh);
  const all = [
    { id: 'a', beds: 1 },
    { id: 'b', beds: 2 },
    { id: 'c', beds: 3 },
  ];
  expect(await world.documents('sv_rooms')).toEqual(all);
  expect(await world.documents('sv_beds')).toEqual(all);
  await expect.poll(() => old.trouble, { timeout: 10_000 }).toContain('replaced');
}, 60_000);

test('rebuilds are asked for although a process died as it told of its definitions', async () => {
  await using world = new World();
  await world.ingest(put('rooms', { id: 'a', beds: 1 }));
  const old = await world.open(OLD);
  await old.runUntilIdle();
  await old.close();
  // It dies at one call after the other.
  for (let calls = 0; calls < 4; calls++) await expect(world.open(NEW, dyingAfter(calls, world.store))).rejects.toThrow('It died');
  const fresh = await world.open(NEW);
  await fresh.runUntilIdle();
  expect(await world.documents('sv_rooms')).toEqual([{ id: 'a', beds: 1 }]);
  expect(await world.documents('sv_beds')).toEqual([{ id: 'a', beds: 1 }]);
}, 60_000);

/** Facts and queued items can be put there so many times. */
function dyingAfter(calls: number, store: Store): Store {
  let left = calls;
  const bound = <T extends object>(target: T, special: Readonly<Record<string, unknown>>): T =>
    new Proxy(target, {
      get: (_, name) => {
        if (typeof name === 'string' && name in special) return special[name];
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? (member as (...args: unknown[]) => unknown).bind(target) : member;
      },
    });
  return bound(store, {
    transact: (work: Parameters<Store['transact']>[0]) =>
      store.transact(async (writer) => {
        const dying = (name: 'saveFact' | 'enqueue') => async (first: never, second: never) => {
          if (left-- <= 0) throw new Error('It died');
          await writer[name](first, second);
        };
        return work(bound(writer, { saveFact: dying('saveFact'), enqueue: dying('enqueue') }));
      }),
  });
}
