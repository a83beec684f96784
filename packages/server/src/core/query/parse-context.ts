import { AppError } from '../errors.ts';
import type { FieldType } from '../projection.ts';
import type { Filter } from '../query.ts';
import type { Value } from '../value.ts';

const MAX_DEPTH = 30;
const MAX_CONDITIONS = 1_000;
const MAX_VALUES = 100_000;

/** Parses a document of conditions on the fields below `base`. */
type ParseDocument = (json: Value | undefined, base: readonly string[], context: ParseContext, what: string) => Filter;

/** What one filter is parsed with, and what it may use up, so that no request makes us work without bound. */
export class ParseContext {
  readonly #options: { typeOf?(path: readonly string[]): FieldType | undefined };
  readonly #parseDocument: ParseDocument;
  #depth = 0;
  #conditions = 0;
  #values = 0;

  constructor(options: { typeOf?(path: readonly string[]): FieldType | undefined }, parseDocument: ParseDocument) {
    this.#options = options;
    this.#parseDocument = parseDocument;
  }

  typeOf(path: readonly string[]): FieldType | undefined {
    return this.#options.typeOf?.(path);
  }

  document(json: Value | undefined, base: readonly string[], what: string): Filter {
    return this.nested(() => this.#parseDocument(json, base, this, what));
  }

  nested<T>(work: () => T): T {
    if (++this.#depth > MAX_DEPTH)
      throw new AppError('INVALID_QUERY', `The filter is nested too deep: expected at most ${MAX_DEPTH} levels`);
    const result = work();
    this.#depth--;
    return result;
  }

  condition(): void {
    if (++this.#conditions > MAX_CONDITIONS)
      throw new AppError('INVALID_QUERY', `The filter has too many conditions: expected at most ${MAX_CONDITIONS}`);
  }

  values(count: number): void {
    this.#values += count;
    if (this.#values > MAX_VALUES)
      throw new AppError('INVALID_QUERY', `The filter lists too many values: expected at most ${MAX_VALUES} in all its lists`);
  }
}
