import { projectionsOf } from '../../packages/server/src/core/definitions.ts';
import { naiveProjection } from './naive-projections.ts';
import type { Told } from './naive-projections.ts';
import { naiveViews } from './naive.ts';
import type { Row } from './naive.ts';
import type { RandomProject } from './random-project.ts';
import { showRow } from './show.ts';

/** What every collection must hold after a history. */
export function expectedOf(project: RandomProject, told: readonly Told[]): Map<string, Row[]> {
  const expected = new Map<string, Row[]>();
  for (const table of project.tables) {
    const own = told.filter(({ event }) => event.projection === table.name);
    expected.set(table.name, naiveProjection(table, own));
  }
  for (const [name, rows] of naiveViews(project.definitions, expected)) expected.set(name, rows);
  return expected;
}

/** No missing, stale or orphan document: each difference as a line. */
export async function differencesOf(
  project: RandomProject,
  expected: ReadonlyMap<string, readonly Row[]>,
  rowsOf: (collection: string) => Promise<readonly Row[]>,
): Promise<string[]> {
  const differences: string[] = [];
  const projections = new Set(projectionsOf(project.definitions).map(({ name }) => name));
  // Deleted records count only where views may read them: else what they still hold depends on the order of arrival.
  const ordered = project.tables.every(({ traits }) => !traits.unordered && !traits.truncates);
  for (const [collection, rows] of expected) {
    differences.push(...compare(collection, rows, await rowsOf(collection), ordered && projections.has(collection)));
  }
  return differences;
}

function compare(collection: string, expected: readonly Row[], found: readonly Row[], withDeleted: boolean): string[] {
  const texts = (rows: readonly Row[]): string[] =>
    rows
      .filter((row) => withDeleted || row.state !== 'DELETED')
      .map(showRow)
      .sort();
  const [wanted, had] = [texts(expected), texts(found)];
  const missing = subtract(wanted, had).map((text) => `${collection}: missing ${text}`);
  return [...missing, ...subtract(had, wanted).map((text) => `${collection}: too many ${text}`)];
}

function subtract(from: readonly string[], texts: readonly string[]): string[] {
  const left = [...from];
  for (const text of texts) {
    const at = left.indexOf(text);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}
