import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../../testing/property.ts';
import type { LogConsumer, Offsets } from '../log.ts';
import { MemoryLogState } from './memory-log-state.ts';
import { MemoryLog } from './memory-log.ts';

const TOPICS = ['orders', 'items'];
const PARTITIONS = 3;

type Step =
  | { readonly do: 'join' }
  | { readonly do: 'append'; readonly records: number }
  | { readonly do: 'leave' | 'expel' | 'rewind' | 'commit'; readonly who: number }
  | { readonly do: 'poll'; readonly who: number; readonly limit: number };

const who = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('join' as const) }),
  fc.record({ do: fc.constant('append' as const), records: fc.nat(12) }),
  fc.record({ do: fc.constantFrom('leave' as const, 'expel' as const, 'rewind' as const, 'commit' as const), who }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('poll' as const), who, limit: fc.integer({ min: 1, max: 8 }) }) },
);

/** A member, and what it has been given since it last committed. */
interface Reader {
  readonly consumer: LogConsumer;
  done: Map<string, Map<number, number>>;
}

test('whoever joins, leaves or is held for dead, every record is given to somebody, and none that was committed again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const log = new MemoryLog({ shared: true, partitions: PARTITIONS, state: new MemoryLogState() });
      const readers: Reader[] = [];
      const given = new Set<string>();
      const poll = async (reader: Reader, limit: number): Promise<number> => {
        const before = await log.committed('g');
        const records = await reader.consumer.poll(limit, { waitMs: 0 });
        for (const { topic, partition, offset } of records) {
          expect(offset).toBeGreaterThanOrEqual(before.get(topic)?.get(partition) ?? 0);
          given.add(`${topic}/${partition}/${offset}`);
          const partitions = reader.done.get(topic) ?? new Map<number, number>();
          reader.done.set(topic, partitions.set(partition, offset + 1));
        }
        return records.length;
      };
      const commit = async (reader: Reader): Promise<void> => {
        const before = await log.committed('g');
        await reader.consumer.commit(reader.done);
        expectForward(before, await log.committed('g'));
        reader.done = new Map();
      };
      const join = async (): Promise<void> => {
        readers.push({ consumer: await log.subscribe({ group: 'g', topics: TOPICS }), done: new Map() });
      };
      for (const each of steps) {
        if (each.do === 'join') await join();
        else if (each.do === 'append')
          await log.append(Array.from({ length: each.records }, (_, i) => ({ topic: TOPICS[i % 2] ?? '', key: `${i}`, value: 'v' })));
        else {
          const reader = readers[each.who % (readers.length || 1)];
          if (reader === undefined) continue;
          if (each.do === 'poll') await poll(reader, each.limit);
          else if (each.do === 'commit') await commit(reader);
          else if (each.do === 'expel') log.expel(reader.consumer);
          else if (each.do === 'rewind') {
            reader.done = new Map();
            await reader.consumer.rewind();
          } else {
            readers.splice(readers.indexOf(reader), 1);
            await reader.consumer[Symbol.asyncDispose]();
          }
        }
      }
      for (const { consumer } of readers) await consumer[Symbol.asyncDispose]();
      readers.length = 0;
      await join();
      const [last] = readers;
      while (last !== undefined && (await poll(last, 100)) > 0) await commit(last);
      const all = (await log.topics()).flatMap(({ topic, partitions }) =>
        partitions.flatMap(({ partition, end }) => Array.from({ length: end }, (_, offset) => `${topic}/${partition}/${offset}`)),
      );
      expect(all.filter((place) => !given.has(place))).toEqual([]);
      await log[Symbol.asyncDispose]();
    }),
    propertyOptions(300, 6_000),
  );
});

/** No position goes back, whoever commits what they were given long ago. */
function expectForward(before: Offsets, after: Offsets): void {
  for (const [topic, partitions] of before)
    for (const [partition, offset] of partitions) expect(after.get(topic)?.get(partition)).toBeGreaterThanOrEqual(offset);
}
