import { AppError } from '../../../core/errors.ts';
import { suggest } from '../../../core/suggest.ts';
import { shortText } from './short-text.ts';

/** Every parameter of an address with all its values, in the order in which they came. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/** Total: what is not well encoded reads as U+FFFD. */
export function parametersOf(text: string): Parameters {
  const parameters = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
  }
  return parameters;
}

/** The parameters of one request: taken one after another, so that what nobody took can be refused. */
export class ParameterReader {
  readonly #left: Map<string, readonly string[]>;
  readonly #known: string[] = [];

  constructor(parameters: Parameters) {
    this.#left = new Map(parameters);
  }

  /** Undefined when absent. Throws INVALID_PARAMETER when it is there more than once. */
  take(name: string): string | undefined {
    this.#known.push(name);
    const values = this.#left.get(name);
    this.#left.delete(name);
    if (values !== undefined && values.length > 1)
      throw new AppError('INVALID_PARAMETER', `Parameter ${name} is there ${values.length} times: expected it once`);
    return values?.[0];
  }

  /** A whole number within bounds. Throws INVALID_PARAMETER. */
  takeCount(name: string, { least, most }: { readonly least: number; readonly most: number }): number | undefined {
    const text = this.take(name);
    if (text === undefined) return undefined;
    const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (count >= least && count <= most) return count;
    throw new AppError('INVALID_PARAMETER', `Parameter ${name} is "${shortText(text)}": expected a whole number from ${least} to ${most}`);
  }

  /** One of some words, as they are written here. Throws INVALID_PARAMETER. */
  takeWord<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.take(name);
    if (text === undefined) return undefined;
    const word = words.find((each) => each === text.toLowerCase());
    if (word !== undefined) return word;
    throw new AppError('INVALID_PARAMETER', `Parameter ${name} is "${shortText(text)}": expected ${words.join(', ')}`);
  }

  /** Names of what nobody took. */
  get left(): readonly string[] {
    return [...this.#left.keys()];
  }

  /** Throws UNKNOWN_PARAMETER when something is left that nobody took. */
  end(alsoKnown: Iterable<string> = []): void {
    const [name] = this.#left.keys();
    if (name === undefined) return;
    const meant = suggest(name, [...this.#known, ...alsoKnown]);
    const hint = meant === undefined ? `expected ${this.#known.join(', ') || 'none'}` : `did you mean ${meant}`;
    throw new AppError('UNKNOWN_PARAMETER', `Parameter "${shortText(name)}" means nothing here: ${hint}`);
  }
}
