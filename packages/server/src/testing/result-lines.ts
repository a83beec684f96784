import { shortText } from './typed-document.ts';
import type { CaseResult } from './run-case.ts';

/** Differences shown of one case: the first say the most. */
const MOST_DIFFERENCES = 12;

/** Gives a text the look of its meaning. */
export type PaintResult = (meaning: 'good' | 'bad' | 'name' | 'quiet', text: string) => string;

/** Why a case failed: the reasons, then the first differences, each with its path, what was expected and what came. */
export function resultLines({ reasons, differences }: Pick<CaseResult, 'reasons' | 'differences'>, paint: PaintResult): string[] {
  const lines = reasons.map((reason) => `  ${reason}`);
  for (const { path, expected, got } of differences.slice(0, MOST_DIFFERENCES)) {
    lines.push(`  ${paint('name', path === '' ? 'the document' : path)}`);
    lines.push(`    ${paint('quiet', 'expected')} ${paint('good', shortText(expected))}`);
    lines.push(`    ${paint('quiet', 'got     ')} ${paint('bad', shortText(got))}`);
  }
  const more = differences.length - MOST_DIFFERENCES;
  if (more > 0) lines.push(`  ${paint('quiet', `… and ${more} more ${more === 1 ? 'difference' : 'differences'}`)}`);
  return lines;
}
