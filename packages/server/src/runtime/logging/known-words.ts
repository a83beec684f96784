import { readFileSync } from 'node:fs';
import { codeReferences } from '../../config/code-references.ts';
import type { Definitions } from '../../core/definitions.ts';
import { CATALOGUE } from '../../core/errors.ts';
import { METADATA_FIELDS } from '../../core/metadata.ts';

/** Runs of letters, digits and underscores. */
export const WORD = /[\p{L}\p{N}_]+/gu;
const HAS_DIGIT = /\p{N}/u;

/** Most that is read of one file of functions. */
const MAX_SOURCE_CHARACTERS = 1_000_000;

/** What messages of the runtime are made of, beside the names of what they speak about. */
const RUNTIME_WORDS = `Cannot read properties of undefined null reading set setting is not a function an object iterable defined constructor
  before initialization Unexpected token end in at position JSON Invalid value expected the argument must be type received Maximum call stack
  size exceeded Error TypeError RangeError SyntaxError ReferenceError Ended its process with error that nobody caught Took more than ms
  Used MB memory was ended by exit code Said what be understood Gave neither nor stopped User duplicate key`;

/**
 * The words of a text that cannot have come from a record, since they stand in the project's definitions, in the source of its functions or
 * in our own error catalogue. Words with digits are known as names of the definitions only.
 */
export function knownWords(definitions: Definitions | undefined): ReadonlySet<string> {
  const sources = (definitions === undefined ? [] : codeReferences(definitions)).map(({ code }) => sourceOf(code.file));
  const texts = Object.values(CATALOGUE).map(({ what, cure }) => `${what} ${cure}`);
  const words = new Set([RUNTIME_WORDS, ...texts, ...sources].flatMap(wordsOf).filter((word) => !HAS_DIGIT.test(word)));
  if (definitions === undefined) return words;
  for (const name of [...namesOf(definitions), ...METADATA_FIELDS]) for (const word of wordsOf(name)) words.add(word);
  return words;
}

function namesOf({ systems, relations, views }: Definitions): string[] {
  return [
    ...systems.flatMap(({ name, projections }) => [
      name,
      ...projections.flatMap((projection) => [projection.name, ...projection.topics, ...projection.fields.map((field) => field.name)]),
    ]),
    ...relations.flatMap(({ name, source, target }) => [name, source, target]),
    ...views.map(({ name }) => name),
  ];
}

function wordsOf(text: string): readonly string[] {
  return text.match(WORD) ?? [];
}

function sourceOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(0, MAX_SOURCE_CHARACTERS);
  } catch {
    // It is refused elsewhere; here its words are merely not known.
    return '';
  }
}
