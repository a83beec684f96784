import { encode } from '../../core/tagged-json.ts';
import { canonical, identifierText } from '../../core/key.ts';
import type { LogPosition } from '../../core/log-record.ts';
import { kindOfRecord, withMetadata } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { Trigger } from '../../core/trigger.ts';
import { isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import type { CodeResult, UserCode } from '../../code/code.ts';
import type { CodeReference } from '../../core/code-reference.ts';
import type { Plan, ViewPlan } from '../../plan/plan.ts';
import type { StoreReader } from '../../store/store.ts';
import { deltaDocument } from './delta-document.ts';
import { walk } from './walker.ts';

/** Limit of one call of a strategy of the user's. */
const STRATEGY_DEADLINE_MS = 5_000;

export interface StrategyResult {
  readonly triggers: readonly Trigger[];
  /** Deltas that only a function of the user's can follow, by view: for `consult`, outside the transaction. */
  readonly unfollowed: ReadonlyMap<string, readonly RecordDelta[]>;
  /** Elements of arrays that may differ now, by view and number of their join dependency. */
  readonly elements: readonly { readonly view: string; readonly dependency: number; readonly ids: ReadonlySet<string> }[];
  /** Views that read one of the changed collections unseen: all of each is to be rebuilt. */
  readonly whole: ReadonlySet<string>;
}

/** Deltas → triggers: which single views show the changed documents, or showed them before. */
export class Strategist {
  readonly #plan: Plan;
  readonly #code: UserCode | null;

  constructor(plan: Plan, code: UserCode | null) {
    this.#plan = plan;
    this.#code = code;
  }

  /** Walks for all views whose ways are plain, except some; hands back what needs user code. Reads only. */
  async follow(deltas: readonly RecordDelta[], reader: StoreReader, except: (view: string) => boolean = none): Promise<StrategyResult> {
    const triggers: Trigger[] = [];
    const unfollowed = new Map<string, readonly RecordDelta[]>();
    const whole = new Set<string>();
    const elements: { view: string; dependency: number; ids: ReadonlySet<string> }[] = [];
    if (deltas.length === 0) return { triggers, elements, unfollowed, whole };
    const changed = new Set(deltas.map((delta) => delta.collection));
    for (const view of this.#plan.views) {
      if (except(view.name)) continue;
      for (const collection of view.walks.whole) if (changed.has(collection)) whole.add(view.name);
      const forCode = deltas.filter((delta) => needsFunction(view, delta.collection));
      if (forCode.length > 0) unfollowed.set(view.name, forCode);
      if (!view.walks.nodes.some((node) => changed.has(node.collection))) continue;
      const plain = forCode.length === 0 ? deltas : deltas.filter((delta) => !needsFunction(view, delta.collection));
      const { identifiers, elements: touched } = await walk(view, plain, reader);
      for (const [dependency, ids] of touched) elements.push({ view: view.name, dependency, ids });
      for (const { identifier, cause } of identifiers.values()) triggers.push({ view: view.name, identifier, lane: 'interactive', cause });
    }
    return { triggers, elements, unfollowed, whole };
  }

  /** The same with the user's functions, for one view. A delta whose function fails is handed back with the reason. */
  async consult(
    view: ViewPlan,
    deltas: readonly RecordDelta[],
    reader: StoreReader,
  ): Promise<{
    readonly triggers: readonly Trigger[];
    readonly failed: readonly { readonly delta: RecordDelta; readonly failure: Extract<CodeResult, { ok: false }> }[];
  }> {
    const found = new Map<string, Trigger>();
    const failed: { delta: RecordDelta; failure: Extract<CodeResult, { ok: false }> }[] = [];
    const add = (identifier: Document, cause: LogPosition | null): void => {
      const plain = canonical(identifier);
      found.set(identifierText(plain), { view: view.name, identifier: plain, lane: 'interactive', cause });
    };
    for (const [collection, code] of view.walks.custom) {
      const kind = this.#plan.collections.get(collection)?.kind === 'view' ? 'view' : 'projection';
      const own = deltas.filter((delta) => delta.collection === collection);
      const results = await this.#call(
        'strategy',
        code,
        own.map((delta) => [deltaDocument(delta, kind)]),
      );
      results.forEach((result, i) => collect(result, own[i] as RecordDelta, add, failed));
    }
    const walkable = deltas.filter((delta) => !view.walks.custom.has(delta.collection));
    // One delta at a time, so that a failing function is charged to the delta that led to it.
    for (const delta of walkable) {
      const { identifiers, forFunction } = await walk(view, [delta], reader);
      for (const { identifier, cause } of identifiers.values()) add(identifier, cause);
      for (const { identify, records } of forFunction) {
        const results = await this.#call(
          'path-identifier',
          identify.code,
          records.map((record) => [withMetadata(record, kindOfRecord(record))]),
        );
        for (const result of results) collect(result, delta, add, failed);
      }
    }
    return { triggers: [...found.values()], failed };
  }

  async #call(
    role: 'strategy' | 'path-identifier',
    code: CodeReference,
    calls: readonly (readonly Value[])[],
  ): Promise<readonly CodeResult[]> {
    if (calls.length === 0) return [];
    if (this.#code === null) return calls.map(() => ({ ok: false, failure: 'load', message: 'User code is not available here' }) as const);
    return this.#code.call(
      role,
      code,
      calls.map((args) => ({ arguments: args })),
      { deadlineMs: STRATEGY_DEADLINE_MS },
    );
  }
}

const none = (): boolean => false;

/** Whether the changes of a collection can reach this view only through a function of the user's. */
export function needsFunction(view: ViewPlan, collection: string): boolean {
  return view.walks.custom.has(collection) || view.walks.functionEnded.has(collection);
}

function collect(
  result: CodeResult,
  delta: RecordDelta,
  add: (identifier: Document, cause: LogPosition | null) => void,
  failed: { delta: RecordDelta; failure: Extract<CodeResult, { ok: false }> }[],
): void {
  if (!result.ok) {
    failed.push({ delta, failure: result });
    return;
  }
  const identifiers = Array.isArray(result.value) ? result.value : [result.value];
  for (const identifier of identifiers) {
    if (isDocument(identifier)) add(identifier, delta.position);
    else
      failed.push({
        delta,
        failure: { ok: false, failure: 'refused', message: `A strategy gave ${encode(identifier)}, expected identifiers (objects)` },
      });
  }
}
