import { expect } from 'vitest';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import type { LogRecord, NewLogRecord } from '../../packages/server/src/core/log-record.ts';
import { visible } from '../../packages/server/src/core/previous-images.ts';
import { STATES, StoredRecord } from '../../packages/server/src/core/record.ts';
import type { HandOverRole } from '../../packages/server/src/flow/flow.ts';
import { HandOverPipeline } from '../../packages/server/src/flow/hand-over/hand-over-pipeline.ts';
import { enqueueJob, readJobs } from '../../packages/server/src/flow/jobs/job-rows.ts';
import type { JobStatus, NewJob } from '../../packages/server/src/flow/jobs/job.ts';
import { decodeDelta } from '../../packages/server/src/flow/messages/delta-message.ts';
import type { PipelineSettings } from '../../packages/server/src/flow/pipeline-settings.ts';
import type { LogConsumer } from '../../packages/server/src/log/log.ts';
import { MemoryLog } from '../../packages/server/src/log/memory/memory-log.ts';
import { MemoryLogState } from '../../packages/server/src/log/memory/memory-log-state.ts';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import type { Plan } from '../../packages/server/src/plan/plan.ts';
import { MemoryStore } from '../../packages/server/src/store/memory/memory-store.ts';
import type { RecordWrite } from '../../packages/server/src/store/store.ts';
import { ManualClock } from '../../packages/server/src/testing/manual-clock.ts';
import { FIRST_TIME } from './event.ts';
import type { Event } from './event.ts';
import { formatOf } from './formats.ts';
import { differencesOf, expectedOf } from './law.ts';
import type { Told } from './naive-projections.ts';
import type { Row } from './naive.ts';
import type { RandomProject } from './random-project.ts';
import { scheduledPorts } from './scheduled-ports.ts';
import { Scheduler } from './scheduler.ts';
import { showEvent, showProject } from './show.ts';

const PARTITIONS = 3;
/** Turns after which a project that is not idle will never be: with ten jobs and five processes some take 60,000 of them. */
const MOST_TURNS = 400_000;
const TURNS_BETWEEN_LOOKS = 300;
const ALL: readonly HandOverRole[] = ['updater', 'trigger', 'creator'];

interface Process {
  readonly log: MemoryLog;
  readonly end: AbortController;
  isOpen: boolean;
  readonly consumers: readonly LogConsumer[];
}

/** A document became another one; what was announced of a document. In the order in which it happened. */
type Happening =
  | { readonly kind: 'changed'; readonly place: string; readonly before: string; readonly after: string }
  | { readonly kind: 'announced'; readonly place: string; readonly images: readonly string[] };

/** One project on one shared log and store, and processes that work on it side by side. */
export class HandOverWorld {
  readonly scheduler: Scheduler;
  readonly #project: RandomProject;
  readonly #settings: Partial<PipelineSettings>;
  readonly #plan: Plan;
  readonly #clock = new HastyClock(FIRST_TIME + 86_400_000);
  readonly #logState = new MemoryLogState();
  readonly #log: MemoryLog;
  readonly #store: MemoryStore;
  readonly #told: Told[] = [];
  readonly #processes = new Map<string, Process>();
  readonly #happenings: Happening[] = [];
  readonly #watch: HandOverPipeline;
  #started = 0;

  constructor(project: RandomProject, seed: number, settings: Partial<PipelineSettings>) {
    this.scheduler = new Scheduler(seed);
    this.#project = project;
    this.#settings = { ...settings, group: 'p' };
    const { plan, problems } = derivePlan(project.definitions);
    if (plan === null) throw new Error(`The plan refuses the project: ${JSON.stringify(problems)}`);
    this.#plan = plan;
    this.#log = this.#openLog();
    this.#store = new MemoryStore(undefined, { shared: true, clock: this.#clock });
    this.#watch = this.#pipeline({ log: this.#log, store: this.#store }, []);
  }

  get names(): readonly string[] {
    return [...this.#processes.keys()];
  }

  async tell(events: readonly Event[]): Promise<void> {
    const positions = await this.#log.append(events.map((event) => event.record));
    for (const [i, event] of events.entries()) this.#told.push({ event, offset: positions[i]?.offset ?? -1 });
  }

  /** A process that works from now on. */
  start(roles: readonly HandOverRole[] = ALL): string {
    const name = `process ${++this.#started}`;
    const log = this.#openLog();
    const consumers: LogConsumer[] = [];
    const ports = scheduledPorts({ log, store: this.#store.another() }, name, this.scheduler, {
      observe: (call, args, result) => this.#observe(call, args, result),
      subscribed: (consumer) => void consumers.push(consumer),
    });
    const pipeline = this.#pipeline(ports, roles);
    const end = new AbortController();
    const process: Process = { log, end, consumers, isOpen: false };
    void pipeline.open().then(() => {
      process.isOpen = true;
      return pipeline.run(end.signal);
    });
    this.#processes.set(name, process);
    return name;
  }

  /** It does nothing more; its partitions go to others. */
  kill(name: string): void {
    this.scheduler.hold(name);
    this.#processes.get(name)?.log.expel();
    this.#processes.delete(name);
  }

  /** It stops in the midst of what it does, until it is continued, beyond the time after which others hold it for dead. */
  stop(name: string): void {
    this.scheduler.hold(name);
    const { log, consumers = [] } = this.#processes.get(name) ?? {};
    for (const consumer of consumers) log?.expel(consumer);
  }

  continue(name: string): void {
    this.scheduler.release(name);
  }

  /** Until there is nothing left to do. */
  async finish(): Promise<void> {
    await this.#watch.open();
    for (let turns = 0; turns < MOST_TURNS; turns += TURNS_BETWEEN_LOOKS) {
      await this.scheduler.play(TURNS_BETWEEN_LOOKS);
      if (await this.#watch.isIdle()) return;
    }
    expect.fail(`Not idle after ${MOST_TURNS} turns: ${JSON.stringify(await this.#store.queued())}\n${showProject(this.#project)}`);
  }

  /** Asks for a job. */
  async ask(id: string, job: NewJob): Promise<void> {
    await this.#store.transact((writer) => enqueueJob(writer, id, job, this.#clock.now()));
  }

  jobs(): Promise<readonly JobStatus[]> {
    return readJobs(this.#store);
  }

  /** A document that is not what its rows make of it, or that should not be there: nothing tells that it was written. */
  async plant(view: string, of: number): Promise<boolean> {
    if (!(await this.#store.collections()).includes(view)) return false;
    const stored = await this.#store.find(view, { filter: { kind: 'true' } });
    const victim = stored[of % Math.max(1, stored.length)];
    if (victim === undefined) return false;
    const isMerged = this.#project.definitions.views.find(({ name }) => name === view)?.upsertStrategy.kind === 'update';
    const next = isMerged || of % 3 === 0 ? null : new StoredRecord(victim.id, '{"planted":true}', victim.state, victim.meta);
    await this.#store.transact((writer) => writer.write(view, [{ id: victim.id, previous: victim, next }]));
    return true;
  }

  /** Some of its next calls fail. */
  letFail(name: string, calls: number): void {
    if (this.#processes.get(name)?.isOpen === true) this.scheduler.letFail(name, calls);
  }

  /** `announced`: that every change was announced, too; not so where documents were tampered with. */
  async check({ announced = true }: { readonly announced?: boolean } = {}): Promise<void> {
    const differences = await differencesOf(this.#project, expectedOf(this.#project, this.#told), (name) => this.rowsOf(name));
    for (const letter of await this.#store.errors({ kind: 'dead-letter' }))
      differences.push(`dead letter ${letter.code}: ${letter.reason}`);
    if (announced) differences.push(...this.#unannounced());
    if (differences.length === 0) return;
    const errors = await this.#store.errors({ kind: 'single-view', all: true });
    const report = [
      showProject(this.#project),
      this.#told.map(({ event }) => showEvent(event)).join('\n'),
      differences.join('\n'),
      errors.map((error) => `${error.code} ${error.reason}`).join('\n'),
    ];
    expect.fail(`The law does not hold\n${report.join('\n\n')}\n`);
  }

  async rowsOf(collection: string): Promise<Row[]> {
    const records = await this.#store.find(collection, { filter: { kind: 'true' }, states: STATES });
    return records.map(({ document, state }) => ({ document, state }));
  }

  async end(): Promise<void> {
    for (const [name, { end }] of this.#processes) {
      end.abort();
      this.scheduler.hold(name);
    }
    await this.#log[Symbol.asyncDispose]();
  }

  #openLog(): MemoryLog {
    return new MemoryLog({ shared: true, partitions: PARTITIONS, clock: new ManualClock(FIRST_TIME), state: this.#logState });
  }

  #pipeline(
    ports: Pick<ConstructorParameters<typeof HandOverPipeline>[0], 'log' | 'store'>,
    roles: readonly HandOverRole[],
  ): HandOverPipeline {
    return new HandOverPipeline({
      ...ports,
      definitions: this.#project.definitions,
      plan: this.#plan,
      formatOf,
      code: null,
      clock: this.#clock,
      logger: silentLogger,
      settings: this.#settings,
      roles: new Set(roles),
    });
  }

  #observe(call: string, args: readonly unknown[], result: unknown): void {
    if (call === 'writer.write') {
      const [collection, writes] = args as [string, readonly RecordWrite[]];
      const conflicts = new Set(result as readonly string[]);
      for (const { id, previous, next } of writes) {
        const [before, after] = [imageOf(previous), imageOf(next)];
        if (!conflicts.has(id) && before !== after) this.#happenings.push({ kind: 'changed', place: `${collection} ${id}`, before, after });
      }
    }
    if (call === 'log.append') for (const record of args[0] as readonly NewLogRecord[]) this.#announced(record);
  }

  #announced(record: NewLogRecord): void {
    const [, name, kind] = /^p\.(.*)\.(pr|sv)-update$/.exec(record.topic) ?? [];
    if (name === undefined) return;
    const collection = { name, kind: kind === 'pr' ? 'projection' : 'view', key: this.#plan.collections.get(name)?.key ?? [] } as const;
    const at = { partition: 0, offset: 0, timestamp: 0, headers: {}, ...record };
    const { id, before, after } = decodeDelta(at as LogRecord, collection);
    this.#happenings.push({ kind: 'announced', place: `${name} ${id}`, images: [imageOf(before), imageOf(after)] });
  }

  /** Changes of which nobody was told afterwards what was there before, or what is there since. */
  #unannounced(): string[] {
    const lines: string[] = [];
    const told = new Map<string, Set<string>>();
    for (const happening of this.#happenings.toReversed()) {
      const { place } = happening;
      if (happening.kind === 'announced') {
        const images = told.get(place) ?? new Set<string>();
        told.set(place, images);
        for (const image of happening.images) images.add(image);
        continue;
      }
      for (const image of [happening.before, happening.after])
        if (image !== ABSENT && told.get(place)?.has(image) !== true) lines.push(`${place} was changed, and nobody was told of ${image}`);
    }
    return lines;
  }
}

/** Many wait at once: the time that passes is a part of what they wait, so that leases last as long as they do. */
class HastyClock extends ManualClock {
  override async sleep(ms: number): Promise<void> {
    this.advance(Math.ceil(ms / 20));
    return Promise.resolve();
  }
}

const ABSENT = 'absent';

function imageOf(record: StoredRecord | null): string {
  const shown = visible(record);
  return shown === null ? ABSENT : `${shown.state} ${shown.text}`;
}
