import { assert } from '../../core/assert.ts';
import { AppError } from '../../core/errors.ts';
import { idOf } from '../../core/key.ts';
import type { ProjectionMeta } from '../../core/metadata.ts';
import { imagesOf } from '../../core/previous-images.ts';
import { STATES, StoredRecord } from '../../core/record.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import { encode } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import type { ErrorEntry, ErrorQuery, Store, StoreWriter } from '../../store/store.ts';
import { isErased, removeRecords } from '../2-project/removal.ts';
import { identifierOf } from '../3-strategy/walker.ts';
import type { InFlight } from '../propagator.ts';
import { recordOfItem } from '../record-item.ts';
import { KeyMatcher, isChangeOf } from './key-matcher.ts';
import { eraseDocument } from './erase-document.ts';
import type { JobParts } from './job-parts.ts';
import type { Advance, Job, JobTools, JobType, JsonObject, StepResult } from './job.ts';
import { readJobs, saveStatus } from './job-rows.ts';
import { viewOf } from './refresh-job.ts';

/** Records of the log, tombstones, looked at in one step. */
const PAGE = 500;
/** Parked records that are looked at. */
const MOST_PARKED = 10_000;
const ROUNDS = 100;
const BETWEEN_ROUNDS_MS = 200;

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly next: number;
  readonly end: number;
}

interface Progress {
  readonly phase: 'wait' | 'log' | 'errors' | 'parked' | 'record' | 'tombstones' | 'moves' | 'views';
  readonly places: readonly Place[];
  readonly total: number;
  /** Id of a record, or time and id of a dead letter, up to which all were looked at. */
  readonly after: string | null;
  readonly afterError: { readonly createdAt: number; readonly id: string } | null;
  readonly rounds: number;
  readonly logRecords: number;
  readonly deadLetters: number;
  readonly record: boolean;
  /** Texts of the identifiers of documents that the record was the base of. */
  readonly documents: readonly (readonly [view: string, identifier: string, id: string])[];
  /** What was handed over before the end is waited for. */
  readonly inFlight?: InFlight | 'arrived' | undefined;
}

/**
 * Removes a key from all that is kept of it: the log that was read, the dead letters, the projection, and by way of that from single
 * views. The log comes first, so that nothing brings the record back; no memory of the key stays. What was appended before the request
 * is read first.
 */
export class EraseJob implements JobType {
  readonly name = 'erase';
  readonly #parts: JobParts;
  #isScrubbing = false;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  needsCode({ scope }: Pick<Job, 'scope'>): boolean {
    return this.#parts.codedProjections.has(scope);
  }

  async step(job: Job, tools: JobTools): Promise<StepResult> {
    const { store } = this.#parts;
    if (!this.#isScrubbing) this.#isScrubbing = await store.scrub().then(() => true);
    const { id } = job.request;
    assert(typeof id === 'string', 'An erasure names an id');
    if (job.progress === null) return this.#begin(job.scope, tools);
    const progress = job.progress as unknown as Progress;
    const matcher = new KeyMatcher(this.#parts, job.scope, id);
    switch (progress.phase) {
      case 'wait':
        return this.#wait(progress, tools);
      case 'log':
        return this.#eraseLog(progress, matcher, tools);
      case 'errors':
        return this.#removeErrors(job.scope, progress, matcher, tools);
      case 'parked':
        return this.#removeParked(job.scope, progress, matcher, tools);
      case 'record':
        return tools.commit((writer) => this.#removeRecord(job.scope, id, progress, writer));
      case 'tombstones':
        return tools.commit((writer) => this.#forgetMoves(job.scope, id, progress, writer));
      case 'moves':
        return tools.commit((writer) => this.#forgetAwaited(job.scope, id, { progress, rows: tools.rows }, writer));
      case 'views':
        return this.#finish(job, progress, tools);
    }
  }

  async #begin(collection: string, tools: JobTools): Promise<StepResult> {
    const topics = this.#topics(collection);
    const places = (await this.#parts.log.topics())
      .filter(({ topic }) => topics.has(topic))
      .flatMap(({ topic, partitions }) => partitions.map(({ partition, begin, end }): Place => ({ topic, partition, next: begin, end })))
      .filter(({ next, end }) => next < end);
    const total = places.reduce((sum, { next, end }) => sum + end - next, 0);
    const counts = { logRecords: 0, deadLetters: 0, record: false, documents: [] };
    return tools.commit(async () => advance({ phase: 'wait', places, total, after: null, afterError: null, rounds: 0, ...counts }));
  }

  /** Records that were there at the request are read first: else they would bring the key back. */
  async #wait(progress: Progress, tools: JobTools): Promise<StepResult> {
    const { pauses } = this.#parts;
    const positions = await this.#parts.positions();
    const isRead = progress.places.every(({ topic, partition, end }) => (positions.get(topic)?.get(partition) ?? 0) >= end);
    if (isRead) return tools.commit(async () => advance({ ...progress, phase: 'log' }));
    const paused = pauses.topics();
    return { kind: 'waiting', for: progress.places.some(({ topic }) => paused.has(topic)) ? 'paused' : 'log' };
  }

  async #eraseLog(progress: Progress, matcher: KeyMatcher, tools: JobTools): Promise<StepResult> {
    const { log } = this.#parts;
    const [place, ...rest] = progress.places;
    if (place === undefined || !log.capabilities.erasable) return tools.commit(async () => advance({ ...progress, phase: 'errors' }));
    const limit = Math.min(PAGE, tools.rows, place.end - place.next);
    const read = (await log.read(place.topic, place.partition, place.next, limit)).filter(({ offset }) => offset < place.end);
    const matching = await matcher.matching(read);
    const logRecords = progress.logRecords + (matching.length === 0 ? 0 : await log.erase(matching));
    const next = read.length === 0 ? place.end : (read.at(-1)?.offset ?? 0) + 1;
    const places = next >= place.end ? rest : [{ ...place, next }, ...rest];
    return tools.commit(async () => advance({ ...progress, places, logRecords }, read.length));
  }

  async #removeErrors(collection: string, progress: Progress, matcher: KeyMatcher, tools: JobTools): Promise<StepResult> {
    const { store } = this.#parts;
    const topics = this.#topics(collection);
    const page = await store.errors({ kind: 'dead-letter', all: true, after: progress.afterError ?? undefined, limit: PAGE });
    const letters = page.filter(
      ({ projection, position }) => projection === collection || (position !== null && topics.has(position.topic)),
    );
    const theirs = await matcher.matchingEntries(letters);
    const last = page.length < PAGE ? undefined : page.at(-1);
    return tools.commit(async (writer) => {
      await writer.removeErrors(theirs.map(({ id }) => id));
      const deadLetters = progress.deadLetters + theirs.length;
      if (last === undefined) return advance({ ...progress, phase: 'parked', deadLetters });
      return advance({ ...progress, afterError: { createdAt: last.createdAt, id: last.id }, deadLetters }, page.length);
    });
  }

  async #removeParked(collection: string, progress: Progress, matcher: KeyMatcher, tools: JobTools): Promise<StepResult> {
    const { store } = this.#parts;
    const topics = this.#topics(collection);
    const parked = await store.take({ kinds: ['record'], scopes: [...topics], now: Number.MAX_SAFE_INTEGER, limit: MOST_PARKED });
    const records = new Map(parked.map((item) => [recordOfItem(item), item]));
    const waiting = (await matcher.matching([...records.keys()])).map((record) => records.get(record));
    return tools.commit(async (writer) => {
      for (const item of waiting) if (item !== undefined) await writer.dequeue('record', item.scope, [item.key]);
      return advance({ ...progress, phase: 'record', deadLetters: progress.deadLetters + waiting.length });
    });
  }

  /** Without any memory of its key: what could bring it back was erased. */
  async #removeRecord(collection: string, id: string, progress: Progress, writer: StoreWriter): Promise<Advance> {
    const { propagation } = this.#parts;
    const record = (await writer.records(collection, [id])).get(id);
    if (record === undefined || isErased(record)) return advance({ ...progress, phase: 'tombstones' });
    if (propagation.handsOver) return this.#removeNoted(collection, record, progress, writer);
    await writer.write(collection, [{ id, previous: record, next: null }]);
    if (record.isTombstone) return advance({ ...progress, phase: 'tombstones', record: true });
    const delta: RecordDelta = { collection, id, before: record, after: null, position: null };
    await propagation.run(writer, [delta]);
    return advance({ ...progress, phase: 'tombstones', record: true, documents: this.#documentsOf(collection, record) });
  }

  /**
   * The same where the change is announced through the log: what stays until then is found again by its id, which the job knows. Which
   * documents showed the record is noted before, as it tells that no more afterwards.
   */
  async #removeNoted(collection: string, record: StoredRecord, progress: Progress, writer: StoreWriter): Promise<Advance> {
    const { propagation, projector, settings } = this.#parts;
    const images = [record, ...imagesOf(record, (JSON.parse(record.meta) as ProjectionMeta).previous)];
    const shown = images.flatMap((image) => (image === null || image.isTombstone ? [] : this.#documentsOf(collection, image)));
    const documents = new Map([...progress.documents, ...shown].map((each) => [JSON.stringify(each), each]));
    if (!progress.record || documents.size > progress.documents.length)
      return advance({ ...progress, record: true, documents: [...documents.values()] });
    const removed = await removeRecords(
      writer,
      collection,
      [record.id],
      ({ isTombstone }, meta) => (isTombstone && meta.apart === true ? null : { text: null, meta, leavesNothing: true }),
      { keepsPlace: settings.deletedKeysMs !== null },
    );
    if (!removed.isClean) throw new AppError('STORE_CONFLICT', `The record of ${collection} that is erased changes at this moment`);
    await propagation.run(writer, removed.deltas);
    await projector.forgetImages(writer, [removed.announced]);
    return advance({ ...progress, phase: 'tombstones' });
  }

  #documentsOf(collection: string, record: StoredRecord): Progress['documents'] {
    return this.#parts.plan.views.flatMap((view) => {
      const { base, identify } = view;
      if (base?.collection !== collection || identify?.kind !== 'fields') return [];
      const identifier = identifierOf(identify, record.document);
      return identifier === undefined ? [] : [[view.name, encode(identifier), idFor(view, identifier)] as const];
    });
  }

  /** Keys that were changed into this one remember it, and what the row held. */
  async #forgetMoves(collection: string, id: string, progress: Progress, writer: StoreWriter): Promise<Advance> {
    const page = await writer.tombstones(collection, { after: progress.after, limit: PAGE });
    const moved = page.filter(({ meta }) => (JSON.parse(meta) as ProjectionMeta).removedTo === id);
    await writer.write(
      collection,
      moved.map((record) => {
        const { removedText: _text, removedTo: _to, ...meta } = JSON.parse(record.meta) as ProjectionMeta;
        return { id: record.id, previous: record, next: new StoredRecord(record.id, null, record.state, JSON.stringify(meta)) };
      }),
    );
    const isLast = page.length < PAGE;
    return advance({ ...progress, phase: isLast ? 'moves' : 'tombstones', after: isLast ? null : (page.at(-1)?.id ?? null) }, page.length);
  }

  /** Rows that came under a new key remember the one from which they still await values: those were erased. */
  async #forgetAwaited(
    collection: string,
    id: string,
    { progress, rows }: { readonly progress: Progress; readonly rows: number },
    writer: StoreWriter,
  ): Promise<Advance> {
    const query = { filter: { kind: 'true' }, states: STATES, afterId: progress.after ?? undefined, limit: rows } as const;
    const page = await writer.find(collection, query);
    for (const record of page) {
      if (!record.meta.includes('"awaits"')) continue;
      const { awaits, ...meta } = JSON.parse(record.meta) as ProjectionMeta;
      if (awaits?.from !== id && awaits?.to !== id) continue;
      const next = new StoredRecord(record.id, record.text, record.state, JSON.stringify(meta));
      await writer.write(collection, [{ id: record.id, previous: record, next }]);
    }
    const isLast = page.length < rows;
    return advance({ ...progress, phase: isLast ? 'views' : 'moves', after: isLast ? null : (page.at(-1)?.id ?? null) }, page.length);
  }

  /** Once nothing is queued for single views any more, what they keep of documents that were deleted goes, too. */
  async #finish(job: Job, progress: Progress, tools: JobTools): Promise<StepResult> {
    const { store, plan, propagation } = this.#parts;
    const { inFlight = (await propagation.inFlight()) ?? 'arrived' } = progress;
    if (inFlight !== 'arrived') {
      const left = (await propagation.stillInFlight(inFlight)) ?? 'arrived';
      if (left !== 'arrived' && left.rounds === inFlight.rounds && progress.inFlight !== undefined) return { kind: 'waiting', for: 'log' };
      return tools.commit(async () => advance({ ...progress, inFlight: left }));
    }
    const views = new Set(plan.views.map(({ name }) => name));
    const queued = (await store.queued()).filter(({ kind, scope }) => views.has(scope) && (kind === 'trigger' || kind === 'strategy'));
    if (queued.length > 0 && progress.rounds < ROUNDS)
      return tools.commit(async () => ({ ...advance({ ...progress, rounds: progress.rounds + 1 }), delayMs: BETWEEN_ROUNDS_MS }));
    const jobs = await readJobs(store);
    const rewrite = job.request['rewrite'] === true;
    const isClean = await store.scrub({ rewrite });
    const finished = await tools.commit(async (writer) => {
      for (const [view, identifier, id] of progress.documents) await this.#removeDocument(writer, view, identifier, id);
      // Examples of audits show what was stored.
      for (const status of jobs) {
        if (status.result?.['examples'] === undefined || status.id === job.id) continue;
        await saveStatus(writer, { ...status, result: { ...status.result, examples: [] } });
      }
      const { logRecords, deadLetters, record, total } = progress;
      const result = {
        logRecords,
        deadLetters,
        record,
        notReached: this.#notReached(
          queued.map(({ scope }) => scope),
          { isClean, rewrite },
        ),
      };
      return { next: null, phase: 'done', done: total, total, result };
    });
    // The row of this job named the key, too.
    await store.scrub();
    return finished;
  }

  async #removeDocument(writer: StoreWriter, view: string, identifier: string, id: string): Promise<void> {
    const plan = viewOf(this.#parts.plan, view);
    const stored = (await writer.records(view, [id])).get(id);
    if (this.#parts.propagation.handsOver) {
      if (plan !== undefined) await eraseDocument(this.#parts, plan, id, writer);
    } else if (stored !== undefined && (stored.state === 'DELETED' || stored.isTombstone)) {
      await writer.write(view, [{ id, previous: stored, next: null }]);
      writer.announce(stored.isTombstone ? [] : [{ collection: view, id, before: stored, after: null, position: null }]);
    }
    for await (const page of pagesOf(this.#parts.store, { view, all: true }))
      await writer.removeErrors(page.filter((entry) => entry.identifier === identifier).map((entry) => entry.id));
    // Changes of the document that strategies of other views failed on.
    for await (const page of pagesOf(this.#parts.store, { projection: view, code: 'STRATEGY_FAILED', all: true }))
      await writer.removeErrors(page.filter((entry) => isChangeOf(entry, view, id)).map((entry) => entry.id));
  }

  /** What may still show the key, in words. */
  #notReached(
    queued: readonly string[],
    { isClean, rewrite }: { readonly isClean: boolean; readonly rewrite: boolean },
  ): readonly string[] {
    const keeping = this.#parts.plan.views.filter(
      ({ definition }) => definition.upsertStrategy.kind !== 'replace' || definition.onInvalid === 'keep',
    );
    return [
      ...new Set(queued.map((view) => `single view ${view}: documents wait to be built`)),
      ...keeping.map(({ name }) => `single view ${name}: its way of writing keeps what earlier documents held`),
      ...(this.#parts.log.capabilities.erasable ? [] : ['records of the log: its retention, or compaction, removes them']),
      ...(this.#parts.propagation.handsOver ? this.#handedOver() : []),
      ...(isClean ? [] : ['the write-ahead log: a reader was in the way, it is emptied with the next checkpoint']),
      ...(rewrite ? [] : ['traces in free space of the data file, until they are written over: --rewrite removes them']),
      'records that came after the request, if the source still sends the key',
      'backups',
    ];
  }

  #handedOver(): readonly string[] {
    const memory = 'the key itself, without data: it is remembered as deleted for as long as others are (retention.deletedKeysDays)';
    const replays = 'replays: a key that was erased is not remembered where deleted ones are for ever, so records of the log bring it back';
    const isKept = this.#parts.settings.deletedKeysMs !== null;
    return ['messages by which stages hand over: their retention removes them', isKept ? memory : replays];
  }

  #topics(collection: string): ReadonlySet<string> {
    const projections = this.#parts.definitions.systems.flatMap((system) => system.projections);
    return new Set(projections.filter(({ name }) => name === collection).flatMap(({ topics }) => topics));
  }
}

async function* pagesOf(reader: Pick<Store, 'errors'>, query: ErrorQuery): AsyncGenerator<readonly ErrorEntry[]> {
  let page: readonly ErrorEntry[] = [];
  do {
    page = await reader.errors({ ...query, after: page.at(-1), limit: PAGE });
    yield page;
  } while (page.length === PAGE);
}

function idFor({ key }: ViewPlan, identifier: Document): string {
  if (key.kind !== 'fields') return idOf(identifier);
  return idOf(Object.fromEntries(key.fields.map(({ field, key: name }) => [field, identifier[name] ?? null])));
}

function advance(progress: Progress, rows = 1): Advance {
  const left = progress.places.reduce((sum, { next, end }) => sum + end - next, 0);
  return {
    next: progress as unknown as JsonObject,
    phase: progress.phase,
    done: progress.total - left,
    total: progress.total,
    rows,
  };
}
