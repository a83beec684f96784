import { createHmac, randomBytes } from 'node:crypto';
import { messageIsSafe } from '../../core/safe-message.ts';
import { AppError } from '../../core/errors.ts';
import { WORD } from './known-words.ts';

/** Digits of a digest: enough to tell the records of one run apart. */
const DIGEST_DIGITS = 10;
const MAX_CAUSES = 3;

/** Fields of log lines that say where and how much, and never what a record holds. All others are shown as digests. */
const PLAIN_FIELDS: ReadonlySet<string> = new Set(
  `component role roles line name kind type scope lane phase job file code state version pid system projection view collection field index
  route method status ms attempts failures dropped topic topics topicId partition partitions offset group member generation lag broker host
  port answer alsoSince delayMs waitMs forMs limit count counts bytes records lease holder seconds signal`.split(/\s+/),
);

/** Fields of sentences: words that are known to be none of a record's are left in them. */
const TEXT_FIELDS: ReadonlySet<string> = new Set(['error', 'reason', 'detail', 'printed', 'said', 'with']);

type Fields = Readonly<Record<string, unknown>>;

/**
 * Takes out of log lines what may come from records: keys, identifiers, values. Allowed is what is known to be harmless; everything else is
 * replaced by a short digest under a key that only this process has, so that lines about one record can be told to be.
 */
export class Redactor {
  readonly #key = randomBytes(32);
  readonly #findWords: () => ReadonlySet<string>;
  #words: ReadonlySet<string> | undefined;

  /** `findWords` is called when the first text has to be looked through. */
  constructor(findWords: () => ReadonlySet<string>) {
    this.#findWords = findWords;
  }

  readonly fields = (fields: Fields): Fields =>
    Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => this.#field(name, value)));

  /** The same value has the same digest, in this process alone. */
  digest(value: unknown): string {
    const text = typeof value === 'string' ? value : (JSON.stringify(value, textOfLong) ?? String(value));
    return `#${createHmac('sha256', this.#key).update(text).digest('hex').slice(0, DIGEST_DIGITS)}`;
  }

  /** The text with a digest for each of its words that may come from a record. */
  text(text: string): string {
    this.#words ??= this.#findWords();
    const known = this.#words;
    return text.replace(WORD, (word) => (known.has(word) ? word : this.digest(word)));
  }

  /** What may be said of something that was thrown. */
  message(error: unknown): string {
    const text = error instanceof Error ? error.message : String(error);
    return messageIsSafe(error) ? text : this.text(text);
  }

  #field(name: string, value: unknown): readonly (readonly [string, unknown])[] {
    if (value === undefined || value === null || typeof value === 'boolean') return [[name, value]];
    if (value instanceof Error) return Object.entries(this.#errorFields(name, value));
    if (PLAIN_FIELDS.has(name)) return [[name, value]];
    if (TEXT_FIELDS.has(name) && typeof value === 'string') return [[name, this.text(value)]];
    return [[name, this.digest(value)]];
  }

  #errorFields(name: string, error: Error): Fields {
    const causes: string[] = [];
    let { cause } = error;
    for (; cause instanceof Error && causes.length < MAX_CAUSES; cause = cause.cause) causes.push(this.message(cause));
    return {
      [name]: this.message(error),
      ...(error instanceof AppError ? { code: error.code } : { at: framesOf(error) }),
      ...(causes.length > 0 ? { causes } : {}),
    };
  }
}

/** Where it was thrown, without the message that the stack begins with. */
export function framesOf({ stack = '' }: Error): string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
}

function textOfLong(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
