import { existsSync } from 'node:fs';
import path from 'node:path';
import { idOf, keyOf } from '../core/key.ts';
import type { FieldType } from '../core/projection.ts';
import { suggest } from '../core/suggest.ts';
import { isDocument } from '../core/value.ts';
import type { Document, Value } from '../core/value.ts';
import type { CollectionPlan, Plan, ViewPlan } from '../plan/plan.ts';
import { entriesOf } from './find-cases.ts';
import type { FoundCase } from './find-cases.ts';
import { readTestFile, testFileError } from './test-files.ts';
import { shortText, typedDocument, typedValue } from './typed-document.ts';
import type { TypedDocument } from './typed-document.ts';

export const EXPECTED_FILE = 'expected.json';
const FIXTURES_FILE = 'fixtures.json';
const IDENTIFIER_FILE = 'identifier.json';

export interface Fixture extends TypedDocument {
  readonly id: string;
}

/** A case as it was read and typed. */
export interface Case {
  /** By collection. */
  readonly fixtures: ReadonlyMap<string, readonly Fixture[]>;
  readonly identifiers: readonly Document[];
  /** `identifier.json` and `expected.json` are lists. */
  readonly isList: boolean;
  /** One for each identifier, null where no document is wanted; undefined where there is no file yet. */
  readonly expected: readonly Value[] | undefined;
}

/** Throws TEST_FILE for what is missing, too much, or of no use. */
export function readCase({ path: folder, view, name }: FoundCase, plan: Plan, isUpdated: boolean): Case {
  const at = (file: string): string => path.join('tests', name, file);
  for (const entry of entriesOf(folder)) {
    if ([FIXTURES_FILE, IDENTIFIER_FILE, EXPECTED_FILE].includes(entry.name)) continue;
    throw testFileError(at(entry.name), `means nothing here, expected ${FIXTURES_FILE}, ${IDENTIFIER_FILE} and ${EXPECTED_FILE}`);
  }
  const read = (file: string): Value => {
    if (!existsSync(path.join(folder, file))) throw testFileError(at(file), 'is missing');
    return readTestFile(path.join(folder, file), at(file));
  };
  const fixtures = fixturesOf(read(FIXTURES_FILE), plan, at(FIXTURES_FILE));
  const given = read(IDENTIFIER_FILE);
  const isList = Array.isArray(given);
  const identifiers = (isList ? given : [given]).map((each, i) =>
    identifierOf(each, { view, plan, file: at(IDENTIFIER_FILE), place: isList ? `[${i}]` : 'the identifier' }),
  );
  if (isUpdated) return { fixtures, identifiers, isList, expected: undefined };
  const expected = read(EXPECTED_FILE);
  if (!isList) return { fixtures, identifiers, isList, expected: [expected] };
  if (!Array.isArray(expected) || expected.length !== identifiers.length) {
    const found = Array.isArray(expected) ? `a list of ${expected.length}` : shortText(expected);
    throw testFileError(at(EXPECTED_FILE), `is ${found}, expected a list of ${identifiers.length}, as ${IDENTIFIER_FILE} has`);
  }
  return { fixtures, identifiers, isList, expected };
}

function fixturesOf(value: Value, plan: Plan, file: string): ReadonlyMap<string, readonly Fixture[]> {
  if (!isDocument(value)) throw testFileError(file, `is ${shortText(value)}, expected an object: {"<collection>": [documents]}`);
  const fixtures = new Map<string, readonly Fixture[]>();
  for (const [name, documents] of Object.entries(value)) {
    const collection = plan.collections.get(name);
    if (collection === undefined) {
      const meant = suggest(name, plan.collections.keys());
      const hint = meant === undefined ? `expected ${[...plan.collections.keys()].join(', ')}` : `did you mean "${meant}"`;
      throw testFileError(file, `"${name}" is neither a projection nor a single view of this project, ${hint}`);
    }
    if (!Array.isArray(documents)) throw testFileError(file, `${name} is ${shortText(documents)}, expected a list of documents`);
    fixtures.set(name, fixturesIn(collection, documents, file));
  }
  return fixtures;
}

function fixturesIn(collection: CollectionPlan, documents: readonly Value[], file: string): readonly Fixture[] {
  const ids = new Map<string, number>();
  return documents.map((value, i) => {
    const place = `${collection.name}[${i}]`;
    const typed = typedDocument(value, collection, { file, place });
    const key = collection.key.length === 0 ? typed.document : keyOf(typed.document, collection.key);
    if (key === undefined) throw testFileError(file, `${place} has no ${collection.key.join(', ')}, which its key is made of`);
    const id = idOf(key);
    const other = ids.get(id);
    if (other !== undefined) throw testFileError(file, `${place} has the same key as ${collection.name}[${other}]`);
    ids.set(id, i);
    return { ...typed, id };
  });
}

function identifierOf(
  value: Value,
  { view, plan, file, place }: { readonly view: ViewPlan; readonly plan: Plan; readonly file: string; readonly place: string },
): Document {
  if (!isDocument(value)) throw testFileError(file, `${place} is ${shortText(value)}, expected an object such as ${example(view)}`);
  const types = new Map<string, FieldType | undefined>();
  if (view.identify?.kind === 'fields') {
    const fields = plan.collections.get(view.base?.collection ?? '')?.fields;
    for (const { key, field } of view.identify.fields) types.set(key, fields?.get(field));
    const [wanted, given] = [[...types.keys()].sort(), Object.keys(value).sort()];
    if (wanted.join() !== given.join())
      throw testFileError(file, `${place} has ${given.join(', ') || 'no keys'}, expected ${wanted.join(', ')}`);
  }
  const entries = Object.entries(value).map(([key, each = null]) => {
    const typed = typedValue(each, types.get(key), { file, place: `${place}.${key}` });
    return [key, typed] as const;
  });
  return Object.fromEntries(entries);
}

function example({ identify }: ViewPlan): string {
  const keys = identify?.kind === 'fields' ? identify.fields.map(({ key }) => key) : ['id'];
  return `{${keys.map((key) => `"${key}": …`).join(', ')}}`;
}
