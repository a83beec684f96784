import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { idOf } from '../../core/key.ts';
import { withMetadata } from '../../core/metadata.ts';
import type { TriggerPlace, ViewMeta } from '../../core/metadata.ts';
import { parseFilter } from '../../core/query/parse-filter.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { StoredRecord, STATES } from '../../core/record.ts';
import { encode } from '../../core/tagged-json.ts';
import { isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import type { StoreWriter } from '../../store/store.ts';
import { forgettingWrites, guardedWrite, openDeltas, standingOf } from './guarded-views.ts';
import type { Built } from './outcome.ts';
import { applyUpdate, splitMetadata } from './update-operators.ts';

/** Units of work in which a view changes and everything that follows from it is done, or queued. */
export interface ViewUnits {
  readonly unit: <T>(work: (writer: StoreWriter) => Promise<T>) => Promise<T>;
  /** What changed and what changed because of it. */
  readonly follow: (writer: StoreWriter, deltas: readonly RecordDelta[]) => Promise<readonly RecordDelta[]>;
}

/** How often a write is begun anew because the document changed between reading and writing. */
const MAX_ROUNDS = 10;

/** The document changed since it was read. */
class Conflict extends Error {
  override readonly name = 'Conflict';
}

/**
 * The writes that an upsert or delete function makes on its view's collection: the MongoDB driver's methods for one document, and
 * `deleteMany`. Each is a unit of work of its own.
 */
export class CollectionWrites {
  readonly deltas: RecordDelta[] = [];
  readonly #units: ViewUnits;
  readonly #view: ViewPlan;
  readonly #built: Built;
  readonly #clock: Clock;
  /** Of the trigger that the function answers, where several processes build the view. */
  readonly #place: TriggerPlace | undefined;

  constructor(
    units: ViewUnits,
    view: ViewPlan,
    { built, place }: { readonly built: Built; readonly place: TriggerPlace | undefined },
    clock: Clock,
  ) {
    this.#place = place;
    this.#units = units;
    this.#view = view;
    this.#built = built;
    this.#clock = clock;
  }

  async run(method: string, args: readonly Value[]): Promise<Value> {
    const [first, second, third] = args;
    const wrap = (options: Value | undefined): boolean => isDocument(options) && options['includeResultMetadata'] === true;
    switch (method) {
      case 'insertOne':
        return this.#insert(documentOf(method, first));
      case 'replaceOne':
      case 'updateOne': {
        const { before, after } = await this.#change(documentOf(method, first), documentOf(method, second), third);
        const upserted = before === null && after !== null;
        return {
          acknowledged: true,
          matchedCount: before === null ? 0 : 1,
          modifiedCount: before === null ? 0 : 1,
          upsertedCount: upserted ? 1 : 0,
          upsertedId: upserted ? after.id : null,
        };
      }
      case 'findOneAndReplace':
      case 'findOneAndUpdate': {
        const { before, after } = await this.#change(documentOf(method, first), documentOf(method, second), third);
        const wanted = isDocument(third) && third['returnDocument'] === 'after' ? after : before;
        const value = wanted === null ? null : withMetadata(wanted, 'view');
        return wrap(third) ? { value, ok: 1, lastErrorObject: { updatedExisting: before !== null, n: 1 } } : value;
      }
      case 'findOneAndDelete': {
        const [removed] = await this.#remove(documentOf(method, first), 1);
        const value = removed === undefined ? null : withMetadata(removed, 'view');
        return wrap(second) ? { value, ok: 1, lastErrorObject: { n: removed === undefined ? 0 : 1 } } : value;
      }
      case 'deleteOne':
        return { acknowledged: true, deletedCount: (await this.#remove(documentOf(method, first), 1)).length };
      case 'deleteMany':
        return { acknowledged: true, deletedCount: (await this.#remove(documentOf(method, first), undefined)).length };
      default:
        throw new AppError('UNSUPPORTED_OPERATION', `Collection method ${method} is not supported in upsert and delete functions`);
    }
  }

  async #insert(document: Document): Promise<Value> {
    const id = typeof document['_id'] === 'string' ? document['_id'] : this.#built.id;
    await this.#inUnit(async (writer, changed) => {
      const existing = (await writer.records(this.#view.name, [id])).get(id);
      if (existing !== undefined && !existing.isTombstone)
        throw new AppError('DUPLICATE_DOCUMENT', `Single view ${this.#view.name} already has a document with this _id`);
      await this.#put(writer, changed, existing ?? null, this.#recordOf(id, document, null));
    });
    return { acknowledged: true, insertedId: id };
  }

  async #change(
    filter: Document,
    update: Document,
    options: Value | undefined,
  ): Promise<{ before: StoredRecord | null; after: StoredRecord | null }> {
    return this.#inUnit(async (writer, changed) => {
      const [found] = await this.#find(writer, filter, 1);
      if (found === undefined && !(isDocument(options) && options['upsert'] === true)) return { before: null, after: null };
      const start = found === undefined ? plainFields(filter) : found.document;
      const next = applyUpdate(start, update, found === undefined);
      const id = found?.id ?? idForInsert(filter, this.#built);
      const after = this.#recordOf(id, next, found ?? null);
      const stored = found ?? (await writer.records(this.#view.name, [id])).get(id) ?? null;
      await this.#put(writer, changed, stored, after);
      return { before: found ?? null, after };
    });
  }

  async #remove(filter: Document, limit: number | undefined): Promise<readonly StoredRecord[]> {
    return this.#inUnit(async (writer, changed) => {
      const found = await this.#find(writer, filter, limit);
      for (const record of found) await this.#put(writer, changed, record, null);
      return found;
    });
  }

  /** A write is committed with what follows from it: views over this one must not miss it, whatever happens next. */
  async #inUnit<T>(work: (writer: StoreWriter, changed: Changed) => Promise<T>): Promise<T> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      try {
        const [result, followed] = await this.#units.unit(async (writer) => {
          const changed: Changed = { deltas: [], records: [] };
          const value = await work(writer, changed);
          const deltas = await this.#units.follow(writer, changed.deltas);
          const forgetting = forgettingWrites(changed.records);
          if (forgetting.length > 0) await writer.write(this.#view.name, forgetting);
          return [value, deltas] as const;
        });
        this.deltas.push(...followed);
        return result;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
    throw new AppError('STORE_CONFLICT', `A document of ${this.#view.name} changed ${MAX_ROUNDS} times while it was being written`);
  }

  async #find(writer: StoreWriter, filter: Document, limit: number | undefined): Promise<readonly StoredRecord[]> {
    const { _id: id, ...rest } = filter;
    if (typeof id === 'string') {
      const record = (await writer.records(this.#view.name, [id])).get(id);
      return record === undefined || record.isTombstone ? [] : [record];
    }
    return writer.find(this.#view.name, { filter: parseFilter(rest), states: STATES, ...(limit === undefined ? {} : { limit }) });
  }

  async #put(writer: StoreWriter, changed: Changed, previous: StoredRecord | null, next: StoredRecord | null): Promise<void> {
    const id = next?.id ?? previous?.id ?? this.#built.id;
    if (previous !== null && next !== null && previous.text === next.text && previous.state === next.state) {
      this.#sayAgain(changed, previous);
      return;
    }
    const { trigger } = this.#built;
    if (this.#place === undefined) {
      await writer.write(this.#view.name, [{ id, previous, next }]);
      const before = previous === null || previous.isTombstone ? null : previous;
      changed.deltas.push({ collection: this.#view.name, id, before, after: next, position: trigger.cause });
      return;
    }
    if (standingOf(this.#place, previous ?? undefined) === 'older')
      throw new AppError('STORE_CONFLICT', `A newer build of ${this.#view.name} was written meanwhile`);
    const planned = { view: this.#view, id, trigger, place: this.#place, previous, next };
    const { write, deltas } = guardedWrite(planned, { now: this.#clock.now(), isAnnounced: () => false, isApart: true });
    if ((await writer.write(this.#view.name, [write])).length > 0) throw new Conflict();
    changed.deltas.push(...deltas);
    if (write.next !== null) changed.records.push(write.next);
  }

  /** A function that is called again, since the process ended that called it first, may find what it wrote and nobody was told of. */
  #sayAgain(changed: Changed, record: StoredRecord): void {
    if (this.#place === undefined) return;
    const open = openDeltas(this.#view, record, ({ apart }) => apart !== true);
    if (open.length === 0) return;
    changed.deltas.push(...open);
    changed.records.push(record);
  }

  #recordOf(id: string, document: Document, previous: StoredRecord | null): StoredRecord {
    const { fields, state } = splitMetadata(document);
    const now = this.#clock.now();
    const createdAt = previous === null ? now : (JSON.parse(previous.meta) as ViewMeta).createdAt;
    const meta: ViewMeta = { identifier: encode(this.#built.trigger.identifier), createdAt, updatedAt: now };
    return new StoredRecord(id, encode(fields), state ?? previous?.state ?? 'PUBLIC', JSON.stringify(meta));
  }
}

interface Changed {
  readonly deltas: RecordDelta[];
  readonly records: StoredRecord[];
}

function documentOf(method: string, value: Value | undefined): Document {
  if (isDocument(value)) return value;
  throw new AppError(
    'UNSUPPORTED_OPERATION',
    `Collection method ${method} takes objects, not ${value === undefined ? 'nothing' : JSON.stringify(value)}`,
  );
}

/** What an upsert that finds nothing begins with: the equalities of its filter. */
function plainFields(filter: Document): Document {
  return Object.fromEntries(Object.entries(filter).filter(([field, value]) => !field.startsWith('$') && !isOperators(value)));
}

function isOperators(value: Value | undefined): boolean {
  return isDocument(value) && Object.keys(value).some((key) => key.startsWith('$'));
}

function idForInsert(filter: Document, built: Built): string {
  if (typeof filter['_id'] === 'string') return filter['_id'];
  const fields = plainFields(filter);
  return Object.keys(fields).length > 0 && Object.keys(fields).length === Object.keys(filter).length ? idOf(fields) : built.id;
}
