import { projectionsOf } from '../../packages/server/src/core/definitions.ts';
import { projectionUpdatesTopic, triggersTopic, viewUpdatesTopic } from '../../packages/server/src/core/hand-over-topics.ts';
import { STATES } from '../../packages/server/src/core/record.ts';
import type { StoredRecord } from '../../packages/server/src/core/record.ts';
import { decodeDelta, replacedCollection } from '../../packages/server/src/flow/messages/delta-message.ts';
import type { Log } from '../../packages/server/src/log/log.ts';
import type { Plan } from '../../packages/server/src/plan/plan.ts';
import type { ProjectReader } from '../../packages/server/src/runtime/registry.ts';
import { differencesOf, expectedOf } from '../oracle/law.ts';
import type { Told } from '../oracle/naive-projections.ts';
import type { RandomProject } from '../oracle/random-project.ts';

const PAGE = 5_000;

/** What must be true of a project at rest, from the log and the store alone: each thing that is not, as a line. */
export class Accounts {
  readonly #id: string;
  readonly #project: RandomProject;
  readonly #plan: Plan;
  readonly #log: Log;
  readonly #store: ProjectReader;

  constructor(of: {
    readonly id: string;
    readonly project: RandomProject;
    readonly plan: Plan;
    readonly log: Log;
    readonly store: ProjectReader;
  }) {
    this.#id = of.id;
    this.#project = of.project;
    this.#plan = of.plan;
    this.#log = of.log;
    this.#store = of.store;
  }

  /** Records that no stage has answered for yet. Empty: every input, every update and every trigger is done. */
  async unfinished(): Promise<string[]> {
    const naming = { id: this.#id, definitions: this.#project.definitions };
    const projections = projectionsOf(this.#project.definitions);
    const views = this.#project.definitions.views.map(({ name }) => name);
    const readers = new Map<string, readonly string[]>([
      ['updater', projections.flatMap(({ topics }) => topics)],
      ['creator', views.map((view) => triggersTopic(naming, view, 'interactive'))],
      ['creator.bulk', views.map((view) => triggersTopic(naming, view, 'bulk'))],
    ]);
    const topics = await this.#log.topics();
    const lines: string[] = [];
    for (const [role, read] of [...readers, ['trigger', undefined] as const]) {
      const committed = await this.#log.committed(`${this.#id}.${role}`);
      for (const { topic, partitions } of topics.filter((each) => (read ?? [...committed.keys()]).includes(each.topic)))
        for (const { partition, begin, end } of partitions) {
          const done = committed.get(topic)?.get(partition) ?? begin;
          if (done !== end) lines.push(`${role} has done ${done} of ${end} of ${topic}/${partition}`);
        }
    }
    return lines;
  }

  /** Projections are what was accepted last, views what a naive recomputation of them gives, nothing was refused. */
  async differences(told: readonly Told[]): Promise<string[]> {
    const differences = await differencesOf(this.#project, expectedOf(this.#project, told), async (collection) => {
      const records = await this.#store.find(collection, { filter: { kind: 'true' }, states: STATES });
      return records.map(({ document, state }) => ({ document, state }));
    });
    const errors = await this.#store.errors({});
    return [...differences, ...errors.map(({ kind, code, reason }) => `${kind} ${code}: ${reason}`)];
  }

  /** Every change was announced at least once: what is stored is the image after an announced change, and so is every image before one. */
  async unannounced(): Promise<string[]> {
    const { definitions } = this.#project;
    const naming = { id: this.#id, definitions };
    const topics = new Map([
      ...projectionsOf(definitions).map(({ name }) => [name, projectionUpdatesTopic(naming, name)] as const),
      ...definitions.views.map(({ name }) => [name, viewUpdatesTopic(naming, name)] as const),
    ]);
    const lines: string[] = [];
    for (const [collection, topic] of topics) {
      const [befores, afters] = await this.#announcedOn(topic, collection);
      for (const [place, images] of befores)
        for (const image of images)
          if (image !== ABSENT && afters.get(place)?.has(image) !== true)
            lines.push(`${collection} ${place} was ${image}, which was not announced`);
      for (const record of await this.#store.find(collection, { filter: { kind: 'true' }, states: STATES }))
        if (afters.get(record.id)?.has(imageOf(record)) !== true)
          lines.push(`${collection} ${record.id} is ${imageOf(record)}, which was not announced`);
    }
    return lines;
  }

  async #announcedOn(topic: string, name: string): Promise<[befores: Map<string, Set<string>>, afters: Map<string, Set<string>>]> {
    const { kind, key } = this.#plan.collections.get(name) ?? { kind: 'projection', key: [] };
    const collection = { name, kind: kind === 'view' ? ('view' as const) : ('projection' as const), key };
    const befores = new Map<string, Set<string>>();
    const afters = new Map<string, Set<string>>();
    const [info] = (await this.#log.topics()).filter((each) => each.topic === topic);
    for (const { partition, begin, end } of info?.partitions ?? [])
      for (let from = begin; from < end;) {
        const records = await this.#log.read(topic, partition, from, PAGE);
        for (const record of records) {
          if (replacedCollection(record) !== undefined) continue;
          const { id, before, after } = decodeDelta(record, collection);
          add(befores, id, imageOf(before));
          add(afters, id, imageOf(after));
        }
        from = (records.at(-1)?.offset ?? end) + 1;
      }
    return [befores, afters];
  }
}

const ABSENT = 'absent';

function imageOf(record: StoredRecord | null): string {
  return record === null || record.isTombstone ? ABSENT : `${record.state} ${record.text}`;
}

function add(images: Map<string, Set<string>>, place: string, image: string): void {
  const known = images.get(place) ?? new Set<string>();
  images.set(place, known.add(image));
}
