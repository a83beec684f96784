import { toExtendedJson } from '../../core/extended-json.ts';
import type { Value } from '../../core/value.ts';
import type { CaseResult } from '../../testing/run-case.ts';
import type { CommandContext } from '../context.ts';
import type { OpenedProject } from '../project.ts';
import { jsonLine, line, painter } from '../terminal.ts';

interface TestRun {
  readonly paths: readonly string[];
  readonly update?: boolean;
}

/** Runs the tests one after the other, saying how each went. True when none failed. */
export async function runTests(context: CommandContext, project: OpenedProject, { paths, update }: TestRun): Promise<boolean> {
  const { chooseCases, findCases } = await import('../../testing/find-cases.ts');
  const { MemoryProject } = await import('../../testing/memory-project.ts');
  const { runFoundCase } = await import('../../testing/run-case.ts');
  const { resultLines } = await import('../../testing/result-lines.ts');
  const folders = { project: context.folder, working: context.workingFolder };
  const { cases, misplaced } = chooseCases(findCases(context.folder, project.plan), paths, folders);
  const started = performance.now();
  const counts = { passed: 0, failed: 0, updated: 0 };
  const report = (result: CaseResult): void => {
    counts[result.outcome]++;
    print(context, result, resultLines(result, painter(context.out)));
  };
  await using memory = new MemoryProject(project);
  for (const found of cases) {
    if (context.signal.aborted) break;
    report(await runFoundCase(memory, found, { update }));
    await context.out.drained();
  }
  for (const { name, error } of misplaced) report({ name, outcome: 'failed', reasons: [error.message], differences: [], durationMs: 0 });
  summarize(context, counts, performance.now() - started);
  return counts.failed === 0;
}

function print(context: CommandContext, result: CaseResult, details: readonly string[]): void {
  const { out } = context;
  if (context.json) return jsonLine(out, { event: 'test', ...resultJson(result) });
  const paint = painter(out);
  const { mark, meaning } = MARKS[result.outcome];
  line(out, `${paint(meaning, mark)} ${result.name} ${paint('quiet', `${Math.round(result.durationMs)} ms`)}`);
  if (result.outcome !== 'passed') for (const text of details) line(out, text);
}

const MARKS = {
  passed: { mark: '✓', meaning: 'good' },
  failed: { mark: '✗', meaning: 'bad' },
  updated: { mark: '↻', meaning: 'warning' },
} as const;

function resultJson({ name, outcome, reasons, differences, durationMs }: CaseResult): object {
  const shown = differences.map(({ path, expected, got }) => ({ path, expected: json(expected), got: json(got) }));
  return { name, outcome, reasons, differences: shown, durationMs: Math.round(durationMs) };
}

/** Absent stays absent. */
function json(value: Value | undefined): unknown {
  return value === undefined ? undefined : toExtendedJson(value);
}

function summarize({ out, json: isJson }: CommandContext, counts: Record<CaseResult['outcome'], number>, durationMs: number): void {
  const { passed, failed, updated } = counts;
  if (isJson) return jsonLine(out, { event: 'tested', passed, failed, updated, durationMs: Math.round(durationMs) });
  const paint = painter(out);
  const parts = [
    paint('good', `${passed} passed`),
    ...(updated > 0 ? [paint('warning', `${updated} updated`)] : []),
    ...(failed > 0 ? [paint('bad', `${failed} failed`)] : []),
  ];
  line(out, `\n${parts.join(', ')} ${paint('quiet', `in ${(durationMs / 1000).toFixed(1)} s`)}`);
}
