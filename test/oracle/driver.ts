import { expect } from 'vitest';
import type { RecordDelta } from '../../packages/server/src/core/record-delta.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import { STATES } from '../../packages/server/src/core/record.ts';
import type { StoredRecord } from '../../packages/server/src/core/record.ts';
import { Pipeline } from '../../packages/server/src/flow/pipeline.ts';
import type { PipelineSettings } from '../../packages/server/src/flow/pipeline-settings.ts';
import type { Log } from '../../packages/server/src/log/log.ts';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import type { Plan } from '../../packages/server/src/plan/plan.ts';
import { formatOf } from './formats.ts';
import type { Store } from '../../packages/server/src/store/store.ts';
import { ManualClock } from '../../packages/server/src/testing/manual-clock.ts';
import { DyingPorts } from './crash.ts';
import type { CrashPlan } from './crash.ts';
import { FIRST_TIME } from './event.ts';
import type { Event } from './event.ts';
import { differencesOf, expectedOf } from './law.ts';
import type { Told } from './naive-projections.ts';
import type { Row } from './naive.ts';
import type { RandomProject } from './random-project.ts';
import { showEvent, showProject } from './show.ts';

const LIVES: CrashPlan = { atCall: 0, after: false };

/** One project on one store and log, and the engines that run on them one after the other. */
export class Driver {
  readonly #project: RandomProject;
  readonly #store: Store;
  readonly #log: Log;
  readonly #plan: Plan;
  readonly #settings: Partial<PipelineSettings>;
  readonly #clock = new ManualClock(FIRST_TIME + 86_400_000);
  readonly #told: Told[] = [];
  #ports: DyingPorts;
  #pipeline: Pipeline | undefined;
  /** All that was announced. */
  readonly deltas: RecordDelta[] = [];

  constructor(project: RandomProject, store: Store, log: Log, settings: Partial<PipelineSettings>) {
    this.#project = project;
    this.#store = store;
    this.#log = log;
    this.#settings = settings;
    const { plan, problems } = derivePlan(project.definitions);
    if (plan === null) throw new Error(`The plan refuses the project: ${JSON.stringify(problems)}`);
    this.#plan = plan;
    this.#ports = new DyingPorts(store, log, LIVES);
    store.onCommit(({ deltas }) => void this.deltas.push(...deltas));
  }

  async tell(events: readonly Event[]): Promise<void> {
    const positions = await this.#log.append(events.map((event) => event.record));
    for (const [i, event] of events.entries()) this.#told.push({ event, offset: positions[i]?.offset ?? -1 });
  }

  /** A new engine, which may be meant to die. */
  async start(crash: CrashPlan = LIVES, settings: Partial<PipelineSettings> = {}): Promise<'opened' | 'died'> {
    const ports = new DyingPorts(this.#store, this.#log, crash);
    this.#ports = ports;
    const pipeline = new Pipeline({
      definitions: this.#project.definitions,
      plan: this.#plan,
      log: ports.log,
      store: ports.store,
      formatOf,
      code: null,
      clock: this.#clock,
      logger: silentLogger,
      settings: { ...this.#settings, ...settings },
    });
    this.#pipeline = pipeline;
    return Promise.race([pipeline.open().then(() => 'opened' as const), ports.died]);
  }

  /** Some units of work; true while there may be more. */
  async step(): Promise<'more' | 'idle' | 'died'> {
    const pipeline = this.#pipeline as Pipeline;
    return Promise.race([pipeline.step().then((more) => (more ? ('more' as const) : ('idle' as const))), this.#ports.died]);
  }

  async finish(): Promise<'idle' | 'died'> {
    const pipeline = this.#pipeline as Pipeline;
    return Promise.race([pipeline.runUntilIdle().then(() => 'idle' as const), this.#ports.died]);
  }

  async stop(): Promise<void> {
    if (!this.#ports.isDead) await Promise.race([this.#pipeline?.close(), this.#ports.died]);
  }

  get isDead(): boolean {
    return this.#ports.isDead;
  }

  get portCalls(): number {
    return this.#ports.calls;
  }

  /** The law: fails with the project, the history and the differences. */
  async check(): Promise<void> {
    const differences = await differencesOf(this.#project, expectedOf(this.#project, this.#told), (collection) => this.rowsOf(collection));
    const letters = await this.#store.errors({ kind: 'dead-letter' });
    for (const letter of letters) differences.push(`dead letter ${letter.code}: ${letter.reason}`);
    if (differences.length === 0) return;
    const errors = await this.#store.errors({ kind: 'single-view', all: true });
    const history = this.#told.map(({ event }) => showEvent(event)).join('\n');
    const report = [
      showProject(this.#project),
      history,
      differences.join('\n'),
      errors.map((error) => `${error.code} ${error.reason}`).join('\n'),
    ];
    expect.fail(`The law does not hold\n${report.join('\n\n')}\n`);
  }

  /** Where nothing died: every announced change is one, and follows on the one before of the same document. */
  checkAnnounced(): void {
    const images = new Map<string, string>();
    for (const { collection, id, before, after } of this.deltas) {
      const place = `${collection} ${id}`;
      const [old, now] = [imageOf(before), imageOf(after)];
      if (old === now) expect.fail(`${place} was announced without a change: ${now}\n\n${showProject(this.#project)}`);
      if ((images.get(place) ?? 'absent') !== old)
        expect.fail(`${place} was announced as ${images.get(place)}, then as changed from ${old}\n\n${showProject(this.#project)}`);
      images.set(place, now);
    }
  }

  async rowsOf(collection: string): Promise<Row[]> {
    const records = await this.#store.find(collection, { filter: { kind: 'true' }, states: STATES });
    return records.map(({ document, state }) => ({ document, state }));
  }

  /** Everything at rest, as one text: what a replay must not change. */
  async snapshot(): Promise<string> {
    const lines: string[] = [];
    for (const collection of await this.#store.collections()) {
      for (const record of await this.#store.find(collection, { filter: { kind: 'true' }, states: STATES })) {
        lines.push(`${collection} ${record.id} ${record.state} ${record.text}`);
      }
    }
    return lines.sort().join('\n');
  }
}

function imageOf(record: StoredRecord | null): string {
  return record === null || record.isTombstone ? 'absent' : `${record.state} ${record.text}`;
}
