import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { UserCode } from '../../packages/server/src/code/code.ts';
import { must } from '../../packages/server/src/core/assert.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import type { RecordDelta } from '../../packages/server/src/core/record-delta.ts';
import type { HandOverRole } from '../../packages/server/src/flow/flow.ts';
import { HandOverPipeline } from '../../packages/server/src/flow/hand-over/hand-over-pipeline.ts';
import { enqueueJob, readJobs } from '../../packages/server/src/flow/jobs/job-rows.ts';
import type { JobStatus, NewJob } from '../../packages/server/src/flow/jobs/job.ts';
import { decodeDelta } from '../../packages/server/src/flow/messages/delta-message.ts';
import { createDb2Format } from '../../packages/server/src/format/db2/db2-format.ts';
import type { Log, LogConsumer } from '../../packages/server/src/log/log.ts';
import { MemoryLogState } from '../../packages/server/src/log/memory/memory-log-state.ts';
import { MemoryLog } from '../../packages/server/src/log/memory/memory-log.ts';
import { MemoryStore } from '../../packages/server/src/store/memory/memory-store.ts';
import type { Store, StoreWriter } from '../../packages/server/src/store/store.ts';
import { ManualClock } from '../../packages/server/src/testing/manual-clock.ts';
import { CodeUnit } from '../../packages/server/src/flow/code-unit.ts';
import { openCodeOn } from '../../packages/server/src/runtime/registry.ts';
import { loadTestable } from '../../packages/server/src/testing/memory-project.ts';
import type { TestableProject } from '../../packages/server/src/testing/memory-project.ts';
import { filesOf } from '../specification/files.ts';
import type { ProjectLiteral } from '../specification/files.ts';
import type { Message } from '../specification/messages.ts';
import { writeFiles } from '../specification/project.ts';
import { START } from '../specification/start.ts';

/** A process stops where it writes to a collection, or appends to a topic, before the effect or after it. */
export interface Stop {
  readonly at: string;
  readonly when: 'before' | 'after';
}

/** Processes that share a log and a store, each of which may stop in the midst of what it does, and go on late. */
export class Cluster implements AsyncDisposable {
  readonly #project: TestableProject;
  readonly #folder: string;
  readonly #clock = new ManualClock(START);
  #code: UserCode | null = null;

  readonly #state = new MemoryLogState();
  readonly store: MemoryStore;
  readonly log: MemoryLog;

  private constructor(folder: string, project: TestableProject) {
    this.#folder = folder;
    this.#project = project;
    this.store = new MemoryStore(undefined, { shared: true, clock: this.#clock });
    this.log = this.#openLog();
  }

  /** Of a project `shop`, nothing of which works yet. */
  static async open(literal: ProjectLiteral): Promise<Cluster> {
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-cluster-'));
    await writeFiles(folder, filesOf(literal));
    const project = await loadTestable(folder);
    const cluster = new Cluster(folder, project);
    if (CodeUnit.isNeeded(project.plan)) cluster.#code = await openCodeOn(cluster.store, project.config, project.plan);
    return cluster;
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

  /** Later than any lease that a dead process may hold. */
  pass(): void {
    this.#clock.advance(600_000);
  }

  async ask(id: string, job: NewJob): Promise<void> {
    await this.store.transact((writer) => enqueueJob(writer, id, job, this.#clock.now()));
  }

  async job(id: string): Promise<JobStatus | undefined> {
    return (await readJobs(this.store)).find((job) => job.id === id);
  }

  /** `wrap`: the ports as the process sees them. */
  async process(roles: readonly HandOverRole[], stop?: Stop, wrap: (ports: Ports) => Ports = (ports) => ports): Promise<Process> {
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
      ...wrap({ log: haltingLog(log, halt, consumers), store: haltingStore(this.store.another(), halt) }),
      formatOf: () => createDb2Format({ counter: 'timestamp', unavailableValue: '', deletedField: undefined }),
      code: this.#code,
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

  /** What was told of a topic: the images before and after. */
  async told(topic: string): Promise<readonly unknown[]> {
    const records = await this.log.read(topic, 0, 0, 100);
    return records.map(({ value }) => {
      const { before, after } = JSON.parse(String(value)) as Record<string, { beds?: number } | null>;
      return [before?.beds ?? null, after?.beds ?? null];
    });
  }

  /** All that was told of the documents of a collection. */
  async announced(name: string): Promise<readonly RecordDelta[]> {
    const { kind, key } = must(this.#project.plan.collections.get(name), `Collection ${name} is planned`);
    const topic = kind === 'view' ? `shop.${name}.sv-update` : `shop.${name}.pr-update`;
    const records = await this.log.read(topic, 0, 0, 10_000);
    return records.map((record) => decodeDelta(record, { name, kind: kind === 'view' ? 'view' : 'projection', key }));
  }

  /** Ids of documents of which it was told that they are not there any more, or deleted. */
  async announcedAsGone(name: string): Promise<ReadonlySet<string>> {
    const deltas = await this.announced(name);
    return new Set(deltas.filter(({ before, after }) => before !== null && after?.state !== 'PUBLIC').map(({ id }) => id));
  }

  #openLog(): MemoryLog {
    return new MemoryLog({ shared: true, clock: new ManualClock(START), state: this.#state });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#code?.[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}

export interface Process {
  readonly pipeline: HandOverPipeline;
  /** It has come to where it stops. */
  readonly reached: Promise<void>;
  /** The others hold it for dead. */
  expel(): void;
  goOn(): void;
}

interface Ports {
  readonly log: Log;
  readonly store: Store;
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

/** A member of a port, to be called apart from it. */
export function bound<T extends object>(target: T, name: keyof T): unknown {
  const member = target[name];
  return typeof member === 'function' ? (member.bind(target) as unknown) : member;
}

export async function settle({ pipeline }: Process): Promise<void> {
  while (await pipeline.step());
}
