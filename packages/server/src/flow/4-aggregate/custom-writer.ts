import type { CollectionWriter, UserCode } from '../../code/code.ts';
import type { Clock } from '../../core/clock.ts';
import type { TriggerPlace } from '../../core/metadata.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { Trigger } from '../../core/trigger.ts';
import type { Value } from '../../core/value.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import { CollectionWrites } from './collection-writes.ts';
import type { ViewUnits } from './collection-writes.ts';
import { shownDocument } from './outcome.ts';
import type { Built } from './outcome.ts';
import { failed } from './view-builder.ts';

interface Written {
  /** Committed, and followed already. */
  readonly deltas: readonly RecordDelta[];
  /** Done, or failed, by functions of the user's. */
  readonly settled: readonly Built[];
  /** Left to the built-in strategies. */
  readonly rest: readonly Built[];
}

/** Writes views through the user's own upsert and delete functions, which are handed the view's collection. */
export class CustomWriter {
  readonly #units: ViewUnits;
  readonly #code: UserCode | null;
  readonly #clock: Clock;

  constructor(options: { readonly units: ViewUnits; readonly code: UserCode | null; readonly clock: Clock }) {
    this.#units = options.units;
    this.#code = options.code;
    this.#clock = options.clock;
  }

  /**
   * One document after the other: each function may write what it likes on the collection. `places` are those of the triggers, where
   * several processes build the view: what is newer is not replaced.
   */
  async write(view: ViewPlan, built: readonly Built[], places?: ReadonlyMap<Trigger, TriggerPlace>): Promise<Written> {
    const deltas: RecordDelta[] = [];
    const settled: Built[] = [];
    const rest: Built[] = [];
    for (const entry of built) {
      const call = callOf(view, entry);
      if (call === undefined || this.#code === null) {
        rest.push(entry);
        continue;
      }
      const writes = new CollectionWrites(this.#units, view, { built: entry, place: places?.get(entry.trigger) }, this.#clock);
      const write: CollectionWriter = (method, args) => writes.run(method, args);
      const [result] = await this.#code.call(call.role, call.code, [{ arguments: call.args }], {
        deadlineMs: view.definition.maxProcessingMs,
        collection: view.name,
        write,
      });
      deltas.push(...writes.deltas);
      settled.push(result === undefined || result.ok ? entry : { ...entry, outcome: failed(result) });
    }
    return { deltas, settled, rest };
  }
}

/** Whether a function of the user's writes what was built. */
export function isWrittenByFunction(view: ViewPlan, built: Built): boolean {
  return callOf(view, built) !== undefined;
}

function callOf(
  view: ViewPlan,
  { outcome, key }: Built,
): { role: 'upsert' | 'delete'; code: Parameters<UserCode['call']>[1]; args: Value[] } | undefined {
  const { upsertStrategy, deleteStrategy, onInvalid } = view.definition;
  if (outcome.kind === 'document') {
    if (upsertStrategy.kind !== 'function') return undefined;
    return { role: 'upsert', code: upsertStrategy.code, args: [shownDocument(outcome), key] };
  }
  if (outcome.kind === 'failed' || (outcome.kind === 'invalid' && onInvalid === 'keep')) return undefined;
  return deleteStrategy.kind === 'function' ? { role: 'delete', code: deleteStrategy.code, args: [key] } : undefined;
}
