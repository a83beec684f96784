import { readdirSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { Plan, ViewPlan } from '../plan/plan.ts';
import { testFileError } from './test-files.ts';

export const TESTS_FOLDER = 'tests';
const VALIDATOR = 'validator';

/** One test of a project: a folder with a case, or a document for a validator. */
export interface FoundCase {
  /** `sv_customers/ada`, or `sv_customers/validator/valid/ada.json`: as it is called everywhere. */
  readonly name: string;
  readonly view: ViewPlan;
  /** `case`: a folder. `valid` and `invalid`: a file. */
  readonly kind: 'case' | 'valid' | 'invalid';
  /** Absolute. */
  readonly path: string;
}

/** A part of a project's tests that cannot be run. */
export interface MisplacedFile {
  readonly name: string;
  readonly error: AppError;
}

export interface FoundCases {
  readonly cases: readonly FoundCase[];
  readonly misplaced: readonly MisplacedFile[];
}

/** All tests of a project, by view and name; and all that stands among them and means nothing. */
export function findCases(folder: string, plan: Plan): FoundCases {
  const root = path.join(folder, TESTS_FOLDER);
  const cases: FoundCase[] = [];
  const misplaced: MisplacedFile[] = [];
  const refuse = (file: string, message: string): void => {
    const name = path.relative(root, file).split(path.sep).join('/');
    misplaced.push({ name, error: testFileError(path.join(TESTS_FOLDER, name), message) });
  };
  for (const entry of entriesOf(root)) {
    const viewFolder = path.join(root, entry.name);
    const view = plan.views.find(({ name }) => name === entry.name);
    if (!entry.isFolder) refuse(viewFolder, 'is a file, expected a folder for each single view');
    else if (view === undefined) refuse(viewFolder, unknownView(entry.name, plan));
    else {
      for (const { name, isFolder } of entriesOf(viewFolder)) {
        const file = path.join(viewFolder, name);
        if (!isFolder) refuse(file, `is a file, expected a folder for each case of ${view.name}`);
        else if (name === VALIDATOR) cases.push(...validatorCases(view, file, refuse));
        else cases.push({ name: `${view.name}/${name}`, view, kind: 'case', path: file });
      }
    }
  }
  return { cases, misplaced };
}

/**
 * The tests that a path means: `tests/sv_customers`, `sv_customers/ada`, or the path of a folder or file within the tests, from where the
 * user stands. Throws NO_TESTS for a path that means none.
 */
export function chooseCases(found: FoundCases, paths: readonly string[], folders: { project: string; working: string }): FoundCases {
  if (found.cases.length + found.misplaced.length === 0) {
    throw new AppError('NO_TESTS', `There are no tests in ${path.join(folders.project, TESTS_FOLDER)}: expected folders <view>/<case>`);
  }
  if (paths.length === 0) return found;
  const wanted = paths.map((given) => namesOf(given, folders));
  const isMeant = (name: string, names: readonly string[]): boolean =>
    names.some((each) => each === '' || name === each || name.startsWith(`${each}/`));
  paths.forEach((given, i) => {
    const names = wanted[i] ?? [];
    if ([...found.cases, ...found.misplaced].some(({ name }) => isMeant(name, names))) return;
    throw new AppError('NO_TESTS', `No test is called "${given}", expected one of ${listOf(found.cases.map(({ name }) => name))}`);
  });
  const isChosen = ({ name }: { readonly name: string }): boolean => wanted.some((names) => isMeant(name, names));
  return { cases: found.cases.filter(isChosen), misplaced: found.misplaced.filter(isChosen) };
}

function namesOf(given: string, { project, working }: { project: string; working: string }): string[] {
  const root = path.join(project, TESTS_FOLDER);
  const relative = path.relative(root, path.resolve(working, given)).split(path.sep).join('/');
  const plain = given
    .replaceAll(path.sep, '/')
    .replace(/^(?:\.\/)?(?:tests\/)?/, '')
    .replace(/\/$/, '');
  return relative.startsWith('..') ? [plain] : [relative, plain];
}

function validatorCases(view: ViewPlan, folder: string, refuse: (file: string, message: string) => void): FoundCase[] {
  const cases: FoundCase[] = [];
  if (view.definition.validator === undefined) refuse(folder, `${view.name} has no validator.js, so there is nothing to be tested here`);
  for (const { name, isFolder } of entriesOf(folder)) {
    const inner = path.join(folder, name);
    if (!isFolder || (name !== 'valid' && name !== 'invalid')) {
      refuse(inner, 'is not one of the folders valid and invalid, which a validator is tested with');
      continue;
    }
    for (const file of entriesOf(inner)) {
      const at = path.join(inner, file.name);
      if (file.isFolder || !file.name.endsWith('.json')) refuse(at, `is not a .json file with a document of ${view.name}`);
      else if (view.definition.validator !== undefined)
        cases.push({ name: `${view.name}/${VALIDATOR}/${name}/${file.name}`, view, kind: name, path: at });
    }
  }
  return cases;
}

/** Notes beside the cases, and what operating systems leave behind, are nobody's tests. */
const IGNORED = /^\.|\.md$/i;

export function entriesOf(folder: string): { readonly name: string; readonly isFolder: boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !IGNORED.test(name))
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function unknownView(name: string, plan: Plan): string {
  const views = plan.views.map((view) => view.name);
  const meant = suggest(name, views);
  return `"${name}" is no single view of this project, ${meant === undefined ? `expected one of ${listOf(views)}` : `did you mean "${meant}"`}`;
}

const MAX_LISTED = 10;

function listOf(names: readonly string[]): string {
  return names.length <= MAX_LISTED ? names.join(', ') : `${names.slice(0, MAX_LISTED).join(', ')} … (${names.length})`;
}
