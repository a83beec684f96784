import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Change } from '../../core/change.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import type { RecordWrite, StoreWriter } from '../../store/store.ts';
import { propertyOptions } from '../../testing/property.ts';
import { readInTurn } from './image-keeping.ts';
import { Projector } from './projector.ts';
import { change, itemsProjection } from './projector.test-support.ts';

const projection = itemsProjection();

/** Calls of several readers, one at a time, in an order that numbers decide. A reader dies where a number says so. */
class Turns {
  readonly #choices: readonly number[];
  #next = 0;
  #waiting: { readonly go: () => void; readonly die: (error: Error) => void }[] = [];
  #running = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  async run(readers: readonly (() => Promise<void>)[]): Promise<void> {
    this.#running = readers.length;
    const all = readers.map(async (reader) => {
      await reader();
      this.#running--;
      this.#goOn();
    });
    await Promise.all(all);
  }

  turn(): Promise<void> {
    return new Promise((go, die) => {
      this.#waiting.push({ go, die });
      this.#goOn();
    });
  }

  #goOn(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#running) return;
    const choice = this.#choices[this.#next++] ?? 0;
    const [one] = this.#waiting.splice(choice % this.#waiting.length, 1);
    if (choice % 7 === 6) one?.die(new Error('died'));
    else one?.go();
  }
}

/** Reads one partition from what it has committed, in batches; what dies begins again from there. */
async function read(store: MemoryStore, turns: Turns, changes: readonly Change[], batch: number, told: RecordDelta[]): Promise<void> {
  let committed = 0;
  while (committed < changes.length) {
    const records = changes.slice(committed, committed + batch);
    try {
      const clock = { now: () => 50_000, sleep: async () => undefined };
      const compatibility = { missingFields: 'null', emptyObject: 'leaves', uncastable: 'deadLetter' } as const;
      const projector = new Projector({ projections: [projection], compatibility, clock, code: null, shared: store });
      await projector.open(store);
      const prepared = await projector.prepare(records);
      const writer = inTurn(await store.transact(async (free) => free), turns);
      const [first] = records;
      const { topic = '', partition = 0, offset = 0 } = first?.position ?? {};
      const keeping = readInTurn(new Map([[topic, new Map([[partition, offset]])]]));
      const { deltas, announced } = await projector.apply(writer, prepared, keeping);
      await turns.turn();
      told.push(...deltas);
      await projector.forgetImages(writer, announced);
      committed += records.length;
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'died') throw error;
    }
  }
}

/** Each record is written by itself: a database that is killed has written some. */
function inTurn(writer: StoreWriter, turns: Turns): StoreWriter {
  return Object.create(writer, {
    records: {
      value: async (...args: Parameters<StoreWriter['records']>) => {
        await turns.turn();
        return writer.records(...args);
      },
    },
    write: {
      value: async (collection: string, writes: readonly RecordWrite[]) => {
        const refused: string[] = [];
        for (const write of writes) {
          await turns.turn();
          refused.push(...(await writer.write(collection, [write])));
        }
        return refused;
      },
    },
  }) as StoreWriter;
}

const at = (partition: number, offset: number, counter: number): Partial<Change> => ({
  position: { topic: 'shop.items', partition, offset, timestamp: 1000 + counter },
  counter: { type: 'timestamp', value: 1000n + BigInt(counter) },
});

/** Key 1 becomes key 2, which becomes key 3, each key in a partition of its own; `note` is not sent with new keys. */
const HISTORIES: Readonly<Record<string, readonly (readonly Change[])[]>> = {
  once: [
    [
      change('insert', { id: '1', name: 'a', note: 'long' }, at(0, 0, 1)),
      change('update', { id: '1', name: 'a', note: 'longer' }, at(0, 1, 2)),
      change('delete', { id: '1' }, { ...at(0, 2, 3), movedTo: { id: '2' } }),
    ],
    [change('insert', { id: '2', name: 'b', note: '?' }, { ...at(1, 0, 4), movedFrom: { id: '1' }, unavailable: ['note'] })],
  ],
  'once, in one record': [
    [
      change('insert', { id: '1', name: 'a', note: 'long' }, at(0, 0, 1)),
      change('update', { id: '1', name: 'a', note: 'longer' }, at(0, 1, 2)),
      change('delete', { id: '1' }, { ...at(0, 2, 3), movedTo: { id: '2' } }),
      change('insert', { id: '2', name: 'b', note: '?' }, { ...at(0, 2, 3), part: 1, movedFrom: { id: '1' }, unavailable: ['note'] }),
    ],
    [change('update', { id: '2', name: 'c', note: '?' }, { ...at(1, 0, 2), unavailable: ['note'] })],
  ],
  'and once more': [
    [
      change('insert', { id: '1', name: 'a', note: 'long' }, at(0, 0, 1)),
      change('update', { id: '1', name: 'a', note: 'longer' }, at(0, 1, 2)),
      change('delete', { id: '1' }, { ...at(0, 2, 3), movedTo: { id: '2' } }),
    ],
    [
      change('insert', { id: '2', name: 'b', note: '?' }, { ...at(1, 0, 4), movedFrom: { id: '1' }, unavailable: ['note'] }),
      change('delete', { id: '2' }, { ...at(1, 1, 5), movedTo: { id: '3' } }),
    ],
    [change('insert', { id: '3', name: 'c', note: '?' }, { ...at(2, 0, 6), movedFrom: { id: '2' }, unavailable: ['note'] })],
  ],
};

test.each(Object.entries(HISTORIES))(
  'a row whose key changes loses nothing and is told of, whoever reads its partitions, and dies: %s',
  async (_name, partitions) => {
    const scenario = fc.record({
      choices: fc.array(fc.nat(1_000), { maxLength: 120, size: 'max' }),
      batches: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ choices, batches }) => {
        const store = new MemoryStore(undefined, { shared: true });
        await store.define([{ name: 'items', kind: 'projection', key: ['id'], indexes: [] }]);
        const turns = new Turns(choices);
        const told: RecordDelta[] = [];
        await turns.run(partitions.map((changes, i) => () => read(store, turns, changes, batches[i] ?? 1, told)));
        const records = await store.records('items', ['1', '2', '3']);
        const shown = [...records.values()].filter(({ isTombstone }) => !isTombstone).map(({ document }) => document);
        const { id, name } =
          partitions
            .flat()
            .filter(({ operation }) => operation === 'insert')
            .at(-1)?.after ?? {};
        expect(shown).toEqual([{ id, name, note: 'longer' }]);
        // Those who announce at the same time may do so in any order: who hears of it looks at what is stored.
        const isTold = ({ id: of, text, isTombstone }: StoredRecord): boolean => {
          const images = told.filter((delta) => delta.id === of).map(({ after }) => after?.text ?? null);
          return images.includes(text) || (images.length === 0 && isTombstone);
        };
        expect([...records.values()].filter((record) => !isTold(record))).toEqual([]);
      }),
      propertyOptions(400, 20_000),
    );
  },
);
