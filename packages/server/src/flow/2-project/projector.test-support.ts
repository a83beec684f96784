import type { UserCode } from '../../code/code.ts';
import { defaultCastFor } from '../../core/cast/default-casts.ts';
import type { Change, SourceRow } from '../../core/change.ts';
import type { Clock } from '../../core/clock.ts';
import type { Compatibility, FieldDefinition, ProjectionDefinition } from '../../core/projection.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Document } from '../../core/value.ts';
import { MemoryStore } from '../../store/memory/memory-store.ts';
import type { DeletedRetention } from './expiry.ts';
import type { Applied, Prepared } from './prepared.ts';
import { Projector } from './projector.ts';

const place = { file: 'test.json', path: [] };

/** A field by its name and what differs from an optional, nullable string. */
export function field(name: string, options: Partial<FieldDefinition> = {}): FieldDefinition {
  const { type = 'string', primaryKey = false, required = primaryKey } = options;
  const nullable = options.nullable ?? !required;
  return {
    name,
    source: name,
    cast: { kind: 'default', name: defaultCastFor(type) },
    ...options,
    type,
    primaryKey,
    required,
    nullable,
  };
}

/** `items`: key `id`, fields `name`, `stock` (a number), `note`. */
export function itemsProjection(options: Partial<ProjectionDefinition> = {}): ProjectionDefinition {
  const fields = options.fields ?? [field('id', { primaryKey: true }), field('name'), field('stock', { type: 'number' }), field('note')];
  return {
    name: 'items',
    system: 'shop',
    topics: ['shop.items'],
    primaryKey: fields.filter(({ primaryKey }) => primaryKey).map(({ name }) => name),
    deleteMechanism: 'hard',
    upsert: true,
    orderGuard: true,
    place,
    ...options,
    fields,
  };
}

/** A change as a format gives it: key from the row, everything at one place unless said. */
export function change(operation: Change['operation'], row: SourceRow | null, options: Partial<Change> & { at?: number } = {}): Change {
  const { at = 0, ...rest } = options;
  const isDelete = operation === 'delete';
  return {
    projection: 'items',
    operation,
    key: row === null ? null : { id: row['id'] ?? null },
    after: isDelete || operation === 'truncate' || operation === 'patch' ? null : row,
    before: null,
    row: 'whole',
    counter: { type: 'timestamp', value: 1000n + BigInt(at) },
    position: { topic: 'shop.items', partition: 0, offset: at, timestamp: 1000 + at },
    part: 0,
    recordKey: row === null ? null : JSON.stringify({ id: row['id'] }),
    ...rest,
  };
}

/** A projector on a memory store, with everything that it gave. */
export class Bench {
  readonly store: MemoryStore;
  readonly deltas: RecordDelta[] = [];
  now = 50_000;
  readonly #options: ConstructorParameters<typeof Projector>[0];
  #projector: Projector | undefined;

  constructor(
    options: {
      projections?: readonly ProjectionDefinition[];
      compatibility?: Partial<Compatibility>;
      code?: UserCode;
      retention?: DeletedRetention;
      store?: MemoryStore;
      /** Other processes write the same store, and changes are announced through the log. */
      isShared?: boolean;
    } = {},
  ) {
    this.store = options.store ?? new MemoryStore();
    const clock: Clock = { now: () => this.now, sleep: async () => undefined };
    const { projections = [itemsProjection()], compatibility, code = null, retention } = options;
    const all: Compatibility = { missingFields: 'null', emptyObject: 'leaves', uncastable: 'deadLetter', ...compatibility };
    this.#options = { projections, compatibility: all, clock, code, retention, shared: options.isShared === true ? this.store : undefined };
  }

  async projector(): Promise<Projector> {
    if (this.#projector === undefined) {
      await this.store.define(
        this.#options.projections.map(({ name, primaryKey }) => ({ name, kind: 'projection', key: primaryKey, indexes: [] })),
      );
      this.#projector = new Projector(this.#options);
      await this.#projector.open(this.store);
    }
    return this.#projector;
  }

  /** A new process on the same store. */
  restart(): void {
    this.#projector = undefined;
  }

  async run(...changes: Change[]): Promise<Applied & Pick<Prepared, 'retry'>> {
    const projector = await this.projector();
    const prepared = await projector.prepare(changes);
    const applied = await this.store.transact(async (writer) => {
      const result = await projector.apply(writer, prepared);
      await writer.enqueue(result.later);
      return result;
    });
    this.deltas.push(...applied.deltas);
    return { ...applied, refused: [...prepared.refused, ...applied.refused], retry: prepared.retry };
  }

  /** Carries out all truncates that were left behind; in how many units of work. */
  async truncate(limit = 100): Promise<number> {
    let units = 0;
    while (await this.truncateOnce(limit)) units++;
    return units;
  }

  /** One unit of work; false when no truncate was left behind. */
  async truncateOnce(limit: number): Promise<boolean> {
    const projector = await this.projector();
    const [item] = await this.store.take({ kinds: ['truncate'], now: this.now, limit: 1 });
    if (item === undefined) return false;
    await this.store.transact(async (writer) => {
      const { deltas, rest, announced } = await projector.truncate(writer, item, limit);
      await projector.forgetImages(writer, announced);
      await (rest === null ? writer.complete([item]) : writer.putBack([{ ...item, payload: rest }]));
      this.deltas.push(...deltas);
    });
    return true;
  }

  /** The record of a key, tombstones included. */
  async record(id: string, collection = 'items'): Promise<StoredRecord | undefined> {
    return (await this.store.records(collection, [id])).get(id);
  }

  /** The document of a key that is not deleted. */
  async document(id: string, collection = 'items'): Promise<Document | undefined> {
    const record = await this.record(id, collection);
    return record === undefined || record.isTombstone || record.state === 'DELETED' ? undefined : record.document;
  }

  /** All that is stored, as texts: what a replay must not change. */
  async everything(ids: readonly string[], collection = 'items'): Promise<unknown> {
    const records = await this.store.records(collection, ids);
    return [...records.values()].map(({ id, text, state, meta }) => ({ id, text, state, meta })).sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

/** Deltas as short texts: `items/1: {"id":"1"} → null`. */
export function story(deltas: readonly RecordDelta[]): string[] {
  const side = (record: StoredRecord | null): string =>
    record === null ? 'null' : `${record.state === 'PUBLIC' ? '' : `${record.state} `}${record.text}`;
  return deltas.map(({ collection, id, before, after }) => `${collection}/${id}: ${side(before)} → ${side(after)}`);
}
