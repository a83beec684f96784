import type { UserCode, CodeCall, CodeResult } from '../../code/code.ts';
import { toValue } from '../../core/cast/source-to-value.ts';
import type { SourceRow } from '../../core/change.ts';
import { fieldOf } from '../../core/path.ts';
import { SourceTime } from '../../core/source-value.ts';
import type { Document } from '../../core/value.ts';
import type { FieldPlan } from './projection-plan.ts';

/** Limit of one call of a cast function. */
const DEADLINE_MS = 1000;

interface Group {
  readonly field: FieldPlan;
  readonly calls: CodeCall[];
  readonly targets: { readonly row: SourceRow; readonly field: FieldPlan }[];
}

/**
 * The casts of a batch that are the user's functions: asked for row by row, run in one call per function, then read back.
 */
export class CustomCasts {
  readonly #code: UserCode;
  readonly #groups = new Map<string, Group>();
  readonly #results = new Map<SourceRow, Map<FieldPlan, CodeResult>>();
  readonly #messages = new Map<SourceRow, Document>();

  constructor(code: UserCode) {
    this.#code = code;
  }

  /**
   * The cast of one field of a source's row. A function that takes a value is not called for a field that was not sent; one that takes
   * the message is, since its field may be derived from others, unless the row is `partial`: then nothing is known of the others.
   */
  ask(row: SourceRow, field: FieldPlan, isPartial: boolean): void {
    const value = fieldOf(row, field.source);
    const { custom } = field;
    if (custom === null || (value === undefined && (isPartial || custom.role === 'cast-value'))) return;
    const name = `${custom.role} ${custom.code.file} ${custom.code.export ?? ''}`;
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, (group = { field, calls: [], targets: [] }));
    // A string field is given a time with all its digits, which a date would not hold.
    const text = value instanceof SourceTime && field.type === 'string' ? value.toISO() : value;
    group.calls.push({ arguments: [custom.role === 'cast-message' ? this.#message(row) : toValue(text), field.source] });
    group.targets.push({ row, field });
  }

  async run(): Promise<void> {
    for (const { field, calls, targets } of this.#groups.values()) {
      if (field.custom === null) continue;
      const results = await this.#code.call(field.custom.role, field.custom.code, calls, { deadlineMs: DEADLINE_MS });
      for (const [index, target] of targets.entries()) this.#keep(target.row, target.field, results[index]);
    }
  }

  /** Undefined where the function was not called. */
  resultOf(row: SourceRow, field: FieldPlan): CodeResult | undefined {
    return this.#results.get(row)?.get(field);
  }

  /** All results of a row. */
  resultsOf(row: SourceRow): ReadonlyMap<FieldPlan, CodeResult> | undefined {
    return this.#results.get(row);
  }

  #keep(row: SourceRow, field: FieldPlan, result: CodeResult | undefined): void {
    if (result === undefined) return;
    let results = this.#results.get(row);
    if (results === undefined) this.#results.set(row, (results = new Map()));
    results.set(field, result);
  }

  /** One copy of a row for all its fields. */
  #message(row: SourceRow): Document {
    let message = this.#messages.get(row);
    if (message === undefined) this.#messages.set(row, (message = toValue(row) as Document));
    return message;
  }
}
