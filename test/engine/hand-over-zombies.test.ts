import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import type { HandOverRole } from '../../packages/server/src/flow/flow.ts';
import { HandOverPipeline } from '../../packages/server/src/flow/hand-over/hand-over-pipeline.ts';
import { createDb2Format } from '../../packages/server/src/format/db2/db2-format.ts';
import type { Log, LogConsumer } from '../../packages/server/src/log/log.ts';
import { MemoryLogState } from '../../packages/server/src/log/memory/memory-log-state.ts';
import { MemoryLog } from '../../packages/server/src/log/memory/memory-log.ts';
import { MemoryStore } from '../../packages/server/src/store/memory/memory-store.ts';
import type { Store, StoreWriter } from '../../packages/server/src/store/store.ts';
import { replayErrors } from '../../packages/server/src/runtime/replay-errors.ts';
import { ManualClock } from '../../packages/server/src/testing/manual-clock.ts';
import { loadTestable } from '../../packages/server/src/testing/memory-project.ts';
import type { TestableProject } from '../../packages/server/src/testing/memory-project.ts';
import { filesOf } from '../specification/files.ts';
import { put, remove } from '../specification/messages.ts';
import type { Message } from '../specification/messages.ts';
import { writeFiles } from '../specification/project.ts';
import { START } from '../specification/start.ts';

/** A process stops where it writes to a collection, or appends to a topic, before the effect or after it. */
interface Stop {
  readonly at: string;
  readonly when: 'before' | 'after';
}

/** Processes that share a log and a store, each of which may stop in the midst of what it does, and go on late. */
class Cluster implements AsyncDisposable {
  readonly #project: TestableProject;
  readonly #folder: string;
  readonly #clock = new ManualClock(START);
  readonly #state = new MemoryLogState();
  readonly store: MemoryStore;
  readonly log: MemoryLog;

  constructor(folder: string, project: TestableProject) {
    this.#folder = folder;
    this.#project = project;
    this.store = new MemoryStore(undefined, { shared: true, clock: this.#clock });
    this.log = this.#openLog();
  }

  async tell(...messages: readonly Message[]): Promise<void> {
    await this.log.append(
      messages.map(({ topic, key, value }) => {
        this.#clock.advance(1);
        const text = value === null ? null : JSON.stringify(value);
        return { topic, key: JSON.stringify(key), value: text, timestamp: this.#clock.now() };
      }),
    );
  }

  async process(roles: readonly HandOverRole[], stop?: Stop): Promise<Process> {
    const log = this.#openLog();
    const reached = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    let isOver = false;
    const halt = async <T>(at: string, effect: () => Promise<T>): Promise<T> => {
      const isHere = !isOver && stop?.at === at;
      if (isHere) isOver = true;
      const wait = async (when: Stop['when']): Promise<void> => {
        if (!isHere || stop.when !== when) return;
        reached.resolve();
        await goesOn.promise;
      };
      await wait('before');
      const result = await effect();
      await wait('after');
      return result;
    };
    const { definitions, plan } = this.#project;
    const consumers: LogConsumer[] = [];
    const pipeline = new HandOverPipeline({
      definitions,
      plan,
      log: haltingLog(log, halt, consumers),
      store: haltingStore(this.store.another(), halt),
      formatOf: () => createDb2Format({ counter: 'timestamp', unavailableValue: '', deletedField: undefined }),
      code: null,
      clock: this.#clock,
      logger: silentLogger,
      settings: { group: 'shop' },
      roles: new Set(roles),
    });
    await pipeline.open();
    return {
      pipeline,
      reached: reached.promise,
      expel: () => consumers.forEach((consumer) => log.expel(consumer)),
      goOn: () => goesOn.resolve(),
    };
  }

  async rooms(): Promise<readonly unknown[]> {
    return (await this.store.find('sv_rooms', { filter: { kind: 'true' } })).map(({ document }) => document);
  }

  /** What was told of a topic: the images before and after. */
  async told(topic: string): Promise<readonly unknown[]> {
    const records = await this.log.read(topic, 0, 0, 100);
    return records.map(({ value }) => {
      const { before, after } = JSON.parse(String(value)) as Record<string, { beds?: number } | null>;
      return [before?.beds ?? null, after?.beds ?? null];
    });
  }

  #openLog(): MemoryLog {
    return new MemoryLog({ shared: true, clock: new ManualClock(START), state: this.#state });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

interface Process {
  readonly pipeline: HandOverPipeline;
  /** It has come to where it stops. */
  readonly reached: Promise<void>;
  /** The others hold it for dead. */
  expel(): void;
  goOn(): void;
}

type Halt = <T>(at: string, effect: () => Promise<T>) => Promise<T>;

function haltingStore(store: Store, halt: Halt): Store {
  const halting = (writer: StoreWriter): StoreWriter =>
    new Proxy(writer, {
      get: (target, name: keyof StoreWriter) =>
        name === 'write' ? (...args: Parameters<StoreWriter['write']>) => halt(args[0], () => target.write(...args)) : bound(target, name),
    });
  return new Proxy(store, {
    get: (target, name: keyof Store) =>
      name === 'transact'
        ? (work: (writer: StoreWriter) => Promise<unknown>) => target.transact((writer) => work(halting(writer)))
        : bound(target, name),
  });
}

function haltingLog(log: Log, halt: Halt, consumers: LogConsumer[]): Log {
  const append: Log['append'] = (records) => halt(records[0]?.topic ?? '', () => log.append(records));
  const subscribe: Log['subscribe'] = async (options) => {
    const consumer = await log.subscribe(options);
    consumers.push(consumer);
    return consumer;
  };
  const own: Partial<Log> = { append, subscribe };
  return new Proxy(log, { get: (target, name: keyof Log) => own[name] ?? bound(target, name) });
}

function bound<T extends object>(target: T, name: keyof T): unknown {
  const member = target[name];
  return typeof member === 'function' ? (member.bind(target) as unknown) : member;
}

async function open(): Promise<Cluster> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-zombies-'));
  const rooms = { dependencies: { rooms: { type: 'projection', on: '_identifier' } }, mapping: { id: 'rooms.id', beds: 'rooms.beds' } };
  const literal = {
    projections: { rooms: { id: 'string!', beds: 'number' } },
    projectionOptions: { rooms: { deleteMechanism: 'hard' } },
    views: { sv_rooms: { SV_CONFIG: rooms } },
  } as const;
  await writeFiles(folder, filesOf(literal));
  return new Cluster(folder, await loadTestable(folder));
}

async function settle({ pipeline }: Process): Promise<void> {
  while (await pipeline.step());
}

const room = (beds: number): Message => put('rooms', { id: 'r', beds });
const EARLY: readonly HandOverRole[] = ['updater', 'trigger'];

/** A creator stops before it writes what it made of two beds; meanwhile there are `beds`, and another creator has built that. */
async function lateCreator(beds: number): Promise<readonly unknown[]> {
  await using cluster = await open();
  const early = await cluster.process(EARLY);
  const first = await cluster.process(['creator']);
  await cluster.tell(room(1));
  await settle(early);
  await settle(first);
  first.expel();
  await first.pipeline.close();
  const late = await cluster.process(['creator'], { at: 'sv_rooms', when: 'before' });
  await cluster.tell(room(2));
  await settle(early);
  const working = late.pipeline.step();
  await late.reached;
  late.expel();
  await cluster.tell(room(beds));
  await settle(early);
  const next = await cluster.process(['creator']);
  await settle(next);
  late.goOn();
  await working;
  return cluster.rooms();
}

test('a zombie creator does not overwrite a newer document', async () => {
  expect(await lateCreator(3)).toEqual([{ id: 'r', beds: 3 }]);
});

test('a zombie creator does not overwrite a document that a newer build found unchanged', async () => {
  expect(await lateCreator(1)).toEqual([{ id: 'r', beds: 1 }]);
});

test('a zombie creator does not bring back a document that a newer build found absent', async () => {
  await using cluster = await open();
  const early = await cluster.process(EARLY);
  const late = await cluster.process(['creator'], { at: 'sv_rooms', when: 'before' });
  await cluster.tell(room(1));
  await settle(early);
  const working = late.pipeline.step();
  await late.reached;
  late.expel();
  await cluster.tell(remove('rooms', 'r'));
  await settle(early);
  await settle(await cluster.process(['creator']));
  late.goOn();
  await working;
  expect(await cluster.rooms()).toEqual([]);
});

test('a zombie updater does not move positions back, nor a record', async () => {
  await using cluster = await open();
  const late = await cluster.process(['updater'], { at: 'rooms', when: 'before' });
  await cluster.tell(room(1));
  const working = late.pipeline.step();
  await late.reached;
  late.expel();
  await cluster.tell(room(2), room(3));
  await settle(await cluster.process(['updater']));
  late.goOn();
  await working;
  const committed = await cluster.log.committed('shop.updater');
  expect(committed.get('shop.rooms.ingestion')?.get(0)).toBe(3);
  const records = await cluster.store.find('rooms', { filter: { kind: 'true' } });
  expect(records.map(({ document }) => document)).toEqual([{ id: 'r', beds: 3 }]);
});

test('a crash between the write of a record and its announcement still announces', async () => {
  await using cluster = await open();
  const first = await cluster.process(['updater']);
  await cluster.tell(room(1));
  await settle(first);
  first.expel();
  await first.pipeline.close();
  const dying = await cluster.process(['updater'], { at: 'rooms', when: 'after' });
  await cluster.tell(room(2));
  void dying.pipeline.step();
  await dying.reached;
  dying.expel();
  // It comes with what changed since, and the image in between.
  await cluster.tell(room(3));
  await settle(await cluster.process(['updater']));
  expect(await cluster.told('shop.rooms.pr-update')).toEqual([
    [null, 1],
    [1, 2],
    [2, 3],
  ]);
});

test('a crash between the write of a deletion and its announcement still announces, and then nothing is kept of it', async () => {
  await using cluster = await open();
  const first = await cluster.process(['updater']);
  await cluster.tell(room(1));
  await settle(first);
  first.expel();
  await first.pipeline.close();
  const dying = await cluster.process(['updater'], { at: 'rooms', when: 'after' });
  await cluster.tell(remove('rooms', 'r'));
  void dying.pipeline.step();
  await dying.reached;
  dying.expel();
  expect((await cluster.store.records('rooms', ['r'])).get('r')?.meta).toContain('"previous"');
  await settle(await cluster.process(['updater']));
  expect(await cluster.told('shop.rooms.pr-update')).toEqual([
    [null, 1],
    [1, null],
  ]);
  expect((await cluster.store.records('rooms', ['r'])).get('r')?.meta).not.toContain('"previous"');
});

test('a crash between the write of a view and its announcement still announces, without another build', async () => {
  await using cluster = await open();
  const early = await cluster.process(EARLY);
  const dying = await cluster.process(['creator'], { at: 'sv_rooms', when: 'after' });
  await cluster.tell(room(1));
  await settle(early);
  void dying.pipeline.step();
  await dying.reached;
  dying.expel();
  const next = await cluster.process(['creator']);
  await settle(next);
  expect(await cluster.told('shop.sv_rooms.sv-update')).toEqual([[null, 1]]);
  expect(next.pipeline.stats().viewsBuilt).toBe(0);
});

test('a message that nobody can read is a dead letter, and is read again when it is replayed', async () => {
  await using cluster = await open();
  const all = await cluster.process([...EARLY, 'creator']);
  await cluster.log.append([{ topic: 'shop.sv_rooms.sv-trigger', key: null, value: '{"singleViewName":"sv_rooms"' }]);
  await cluster.tell(room(1));
  await settle(all);
  const letters = await cluster.store.errors({});
  expect(letters.map(({ code }) => code)).toEqual(['MESSAGE_MALFORMED']);
  await replayErrors(cluster.store, letters, START);
  await settle(all);
  expect(await cluster.store.queued()).toEqual([]);
  expect((await cluster.store.errors({ all: true })).map(({ code, resolvedAt }) => [code, resolvedAt !== null])).toEqual([
    ['MESSAGE_MALFORMED', true],
    ['MESSAGE_MALFORMED', false],
  ]);
  expect(await cluster.rooms()).toEqual([{ id: 'r', beds: 1 }]);
});
