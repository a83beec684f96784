import type { Place, Problem } from '../core/problem.ts';
import type { Output } from './context.ts';
import { line, painter, plural } from './terminal.ts';

/** `file:line:column (path.in.the.file)`, as far as it is known. */
export function placeText(place: Place): string {
  const at = place.line === undefined ? '' : `:${place.line}${place.column === undefined ? '' : `:${place.column}`}`;
  const path = place.path.length === 0 ? '' : ` (${place.path.join('.')})`;
  return `${place.file}${at}${path}`;
}

/** Errors first, then by place. */
export function sortedProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      Number(a.severity === 'warning') - Number(b.severity === 'warning') ||
      (a.place.file < b.place.file ? -1 : a.place.file > b.place.file ? 1 : 0) ||
      (a.place.line ?? 0) - (b.place.line ?? 0),
  );
}

export function printProblems(output: Output, problems: readonly Problem[]): void {
  const paint = painter(output);
  for (const problem of sortedProblems(problems)) {
    const severity = problem.severity === 'error' ? paint('bad', 'error') : paint('warning', 'warning');
    line(output, paint('name', placeText(problem.place)));
    line(output, `  ${severity} ${problem.message} ${paint('quiet', problem.code)}`);
    if (problem.expected !== undefined) line(output, `    ${paint('quiet', 'expected')} ${problem.expected}`);
    if (problem.cure !== undefined) line(output, `    ${paint('quiet', 'cure')}     ${problem.cure}`);
  }
}

/** `2 errors, 1 warning`. */
export function countsText(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const counts = [errors > 0 ? plural(errors, 'error') : '', problems.length > errors ? plural(problems.length - errors, 'warning') : ''];
  return counts.filter((text) => text !== '').join(', ');
}
