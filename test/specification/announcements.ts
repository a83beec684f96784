import { projectionsOf } from '../../packages/server/src/core/definitions.ts';
import { projectionUpdatesTopic, viewUpdatesTopic } from '../../packages/server/src/core/hand-over-topics.ts';
import type { RecordDelta } from '../../packages/server/src/core/record-delta.ts';
import { decodeDelta, replacedCollection } from '../../packages/server/src/flow/messages/delta-message.ts';
import type { Log } from '../../packages/server/src/log/log.ts';
import type { RunnableProject } from '../../packages/server/src/runtime/engine.ts';

const PAGE = 1_000;

/** Reads what stages have announced to one another through the log, from where it was read before. */
export class Announcements {
  readonly #next = new Map<string, number>();

  async read(log: Log, { config, definitions, plan }: RunnableProject): Promise<RecordDelta[]> {
    const naming = { id: config.id, definitions };
    const collections = new Map([
      ...projectionsOf(definitions).map(({ name }) => [projectionUpdatesTopic(naming, name), name] as const),
      ...definitions.views.map(({ name }) => [viewUpdatesTopic(naming, name), name] as const),
    ]);
    const deltas: RecordDelta[] = [];
    for (const { topic, partitions } of await log.topics()) {
      const name = collections.get(topic);
      const collection = name === undefined ? undefined : plan.collections.get(name);
      if (name === undefined || collection === undefined) continue;
      const kind = collection.kind === 'view' ? 'view' : 'projection';
      for (const { partition } of partitions) {
        const place = `${topic}/${partition}`;
        const records = await log.read(topic, partition, this.#next.get(place) ?? 0, PAGE);
        this.#next.set(place, (records.at(-1)?.offset ?? (this.#next.get(place) ?? 0) - 1) + 1);
        for (const record of records)
          if (replacedCollection(record) === undefined) deltas.push(decodeDelta(record, { name, kind, key: collection.key }));
      }
    }
    return deltas;
  }
}
