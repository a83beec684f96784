import type { CodeCall, CodeResult, UserCode } from '../../code/code.ts';
import { idOf } from '../../core/key.ts';
import type { Compatibility } from '../../core/projection.ts';
import type { Filter } from '../../core/query.ts';
import type { Trigger } from '../../core/trigger.ts';
import { isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import type { StoreReader } from '../../store/store.ts';
import { BlockBuilder } from './block-builder.ts';
import type { Build, Finding } from './block-builder.ts';
import type { FragmentCache } from './fragment-cache.ts';
import { Functions } from './functions.ts';
import type { Failure } from './functions.ts';
import { outcomeOf, shownDocument } from './outcome.ts';
import type { Built, Outcome } from './outcome.ts';

/** Limit of one call of a validator or a view key. */
const SHORT_DEADLINE_MS = 1_000;

type Readers = Pick<Build, 'reader' | 'readerWithin' | 'trace'>;

export interface BuilderOptions {
  readonly compatibility: Compatibility;
  readonly code: UserCode | null;
  readonly onSeveralFound?: (() => void) | undefined;
  readonly fragments: FragmentCache;
}

/** Builds the documents of one view, many at a time. Reads only: writing is the aggregator's. */
export class ViewBuilder {
  readonly view: ViewPlan;
  readonly #options: BuilderOptions;
  readonly #root: BlockBuilder | undefined;

  constructor(view: ViewPlan, options: BuilderOptions) {
    this.view = view;
    this.#options = options;
    const { missingFields, emptyObject } = options.compatibility;
    this.#root =
      view.root === undefined
        ? undefined
        : new BlockBuilder(view.root, {
            missing: missingFields === 'null' ? null : undefined,
            tagged: !view.needsCode,
            fragmentsOf: keepsElements(view) ? (dependency) => options.fragments.of(view.name, dependency) : undefined,
            emptyIsNull: emptyObject === 'null',
            onSeveralFound: options.onSeveralFound,
          });
  }

  /** One result per trigger, in their order. Never throws for what user code does. */
  async build(triggers: readonly Trigger[], reader: StoreReader, readerWithin: StoreReader = reader): Promise<Built[]> {
    return this.#build(triggers, { reader, readerWithin });
  }

  /** `_id` of the document of each; nothing is read. Where a function of the user's fails to tell, that of the identifier itself. */
  async idsOf(triggers: readonly Pick<Trigger, 'identifier'>[]): Promise<readonly string[]> {
    const keys = await this.#keys(
      triggers.map(({ identifier }) => identifier),
      [],
    );
    return keys.map(({ id }) => id);
  }

  /** The same for one, telling what each dependency found. */
  async trace(trigger: Trigger, reader: StoreReader, trace: (finding: Finding) => void): Promise<Built> {
    const [built] = await this.#build([trigger], { reader, readerWithin: reader, trace });
    return built as Built;
  }

  async #build(triggers: readonly Trigger[], readers: Readers): Promise<Built[]> {
    const { reader } = readers;
    const identifiers = triggers.map(({ identifier }) => identifier);
    const outcomes =
      this.#root === undefined ? await this.#buildManual(identifiers, reader) : await this.#buildLowCode(this.#root, identifiers, readers);
    await this.#validate(outcomes);
    const keys = await this.#keys(identifiers, outcomes);
    return triggers.map((trigger, i) => ({ trigger, ...(keys[i] as { id: string; key: Document }), outcome: outcomes[i] as Outcome }));
  }

  async #buildLowCode(root: BlockBuilder, identifiers: readonly Document[], readers: Readers): Promise<Outcome[]> {
    const functions = new Functions(this.#options.code, this.view.definition.maxProcessingMs);
    if (this.view.needsCode && this.view.root !== undefined) await functions.callOperands(this.view.root, identifiers.length);
    const { values, found } = await root.buildRoots({ ...readers, functions, showsMetadata: this.view.needsCode, identifiers });
    return values.map((value, i) => {
      if (found[i] !== true) return { kind: 'absent' };
      const failure = functions.failures.get(i);
      return failure === undefined ? outcomeOf(value, { tagged: !this.view.needsCode }) : failed(failure);
    });
  }

  /** `pipeline.js` gives elements, of which the first counts; `mapper.js` makes the document of it. */
  async #buildManual(identifiers: readonly Document[], reader: StoreReader): Promise<Outcome[]> {
    const { source, maxProcessingMs } = this.view.definition;
    if (source.kind !== 'manual') return [];
    const call = async (
      role: 'pipeline' | 'mapper',
      code: typeof source.pipeline,
      args: readonly Value[],
    ): Promise<readonly CodeResult[]> =>
      this.#call(
        role,
        code,
        args.map((value) => ({ arguments: [value] })),
        maxProcessingMs,
      );
    const elements = await call('pipeline', source.pipeline, identifiers);
    const outcomes: Outcome[] = [];
    const mapped: number[] = [];
    for (const [i, result] of elements.entries()) {
      if (!result.ok) outcomes[i] = failed(result);
      else if (Array.isArray(result.value) && result.value.length > 0) mapped.push(i);
      else outcomes[i] = await this.#nothingFrom(identifiers[i] as Document, reader);
    }
    const documents = await call(
      'mapper',
      source.mapper,
      mapped.map((i) => ((elements[i] as { value: Value[] }).value[0] ?? null) as Value),
    );
    mapped.forEach((i, place) => {
      const result = documents[place] as CodeResult;
      outcomes[i] = result.ok ? outcomeOf(result.value) : failed(result);
    });
    return outcomes;
  }

  /** Nothing came out: expected when there is no base record, else an error. */
  async #nothingFrom(identifier: Document, reader: StoreReader): Promise<Outcome> {
    const { base, identify } = this.view;
    if (base === undefined || identify?.kind !== 'fields') return { kind: 'absent' };
    const filters = identify.fields.map(({ key, field }): Filter => ({
      kind: 'compare',
      path: [field],
      operator: '$eq',
      value: identifier[key] ?? null,
    }));
    const found = await reader.find(base.collection, { filter: { kind: 'and', filters }, states: base.states, limit: 1 });
    if (found.length === 0) return { kind: 'absent' };
    const reason = `The base record exists in ${base.collection}, and pipeline.js gave nothing`;
    return { kind: 'absent', error: { code: 'NO_SV_GENERATED', reason } };
  }

  async #validate(outcomes: Outcome[]): Promise<void> {
    const { validator } = this.view.definition;
    if (validator === undefined) return;
    const indexes = outcomes.flatMap((outcome, i) => (outcome.kind === 'document' ? [i] : []));
    const results = await this.#call(
      'validator',
      validator,
      indexes.map((i) => ({ arguments: [shownDocument(outcomes[i] as Extract<Outcome, { kind: 'document' }>)] })),
      SHORT_DEADLINE_MS,
    );
    indexes.forEach((i, place) => {
      const result = results[place] as CodeResult;
      if (!result.ok) outcomes[i] = failed(result);
      else if (result.value !== true) outcomes[i] = { kind: 'invalid', reason: 'The validator refused the document' };
    });
  }

  async #keys(identifiers: readonly Document[], outcomes: Outcome[]): Promise<{ id: string; key: Document }[]> {
    const { key } = this.view;
    if (key.kind === 'identifier') return identifiers.map((identifier) => ({ id: idOf(identifier), key: identifier }));
    if (key.kind === 'fields') {
      return identifiers.map((identifier) => {
        const query = Object.fromEntries(key.fields.map(({ field, key: name }) => [field, identifier[name] ?? null]));
        return { id: idOf(query), key: query };
      });
    }
    const results = await this.#call(
      'view-key',
      key.code,
      identifiers.map((identifier) => ({ arguments: [identifier] })),
      SHORT_DEADLINE_MS,
    );
    return results.map((result, i) => {
      const identifier = identifiers[i] as Document;
      if (!result.ok) outcomes[i] = failed(result);
      const query = result.ok && isDocument(result.value) ? result.value : identifier;
      return { id: isPlain(query) ? idOf(query) : idOf(identifier), key: query };
    });
  }

  async #call(
    role: 'pipeline' | 'mapper' | 'validator' | 'view-key',
    code: Parameters<UserCode['call']>[1],
    calls: readonly CodeCall[],
    deadlineMs: number,
  ): Promise<readonly CodeResult[]> {
    if (calls.length === 0) return [];
    if (this.#options.code === null)
      return calls.map(() => ({ ok: false, failure: 'load', message: 'User code is not available here' }) as const);
    return this.#options.code.call(role, code, calls, { deadlineMs });
  }
}

/** Only derived ways are known to pass by the elements that a change makes differ. */
function keepsElements({ definition, needsCode }: ViewPlan): boolean {
  return !needsCode && definition.paths === undefined && definition.strategies === undefined;
}

export function failed(failure: Failure): Outcome {
  if (failure.failure === 'timeout')
    return { kind: 'failed', code: 'SINGLE_VIEW_AGGREGATION_MAX_TIME', reason: failure.message, retry: true };
  return { kind: 'failed', code: 'UNKNOWN_ERROR', reason: failure.message, retry: failure.failure === 'threw' };
}

/** A query that only says which fields equal which values. */
function isPlain(query: Document): boolean {
  const fields = Object.keys(query);
  return fields.length > 0 && fields.every((field) => !field.startsWith('$') && !isDocument(query[field]) && !Array.isArray(query[field]));
}
