import type { Value } from '../../core/value.ts';

/** Stands in a text where a fragment goes. Made anew for each process, so that no data can hold it. */
const TOKEN = `fragment:${[1, 2, 3].map(() => Math.random().toString(36).slice(2)).join('')}`;
const QUOTED_TOKEN = `"${TOKEN}"`;

/** Fragments met by the running `JSON.stringify`, in the order in which they stand in its text. */
let met: string[] = [];

/** A part of a tagged document that is text already. */
export class Fragment {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** A fragment stands in the tree where a value would; only `textOf` looks at it. */
  static of(text: string): Value {
    return new Fragment(text) as unknown as Value;
  }

  toJSON(): string {
    met.push(this.#text);
    return TOKEN;
  }
}

/** The text of a tagged value, with the fragments in it. */
export function textOf(value: Value): string {
  met = [];
  const text = JSON.stringify(value);
  if (met.length === 0) return text;
  const parts = text.split(QUOTED_TOKEN);
  let whole = parts[0] as string;
  for (let i = 0; i < met.length; i++) whole += (met[i] as string) + (parts[i + 1] as string);
  return whole;
}
