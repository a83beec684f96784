import type { Output } from '../context.ts';
import { line, painter } from '../terminal.ts';

/** What an audit found, as its job tells it. */
export interface AuditResult {
  readonly skipped?: boolean;
  readonly checked: number;
  readonly missing: number;
  readonly stale: number;
  readonly orphan: number;
  readonly healed: number;
  readonly unbuildable: number;
  readonly unsettled: number;
  readonly examples: readonly DifferenceExample[];
}

export interface DifferenceExample {
  readonly kind: 'missing' | 'stale' | 'orphan';
  readonly id: string;
  readonly leaves: readonly { readonly path: string; readonly stored: string | null; readonly expected: string | null }[];
  readonly more: number;
}

const MEANING = {
  missing: 'should be there',
  stale: 'is not what its rows make of it',
  orphan: 'should not be there',
} as const;

/** Each document with what differs: `-` is stored, `+` is what its rows make of it. */
export function printDifferences(output: Output, examples: readonly DifferenceExample[], total: number): void {
  const paint = painter(output);
  for (const { kind, id, leaves, more } of examples) {
    line(output, `  ${paint('warning', kind.padEnd(7))} ${paint('name', id)} ${paint('quiet', MEANING[kind])}`);
    for (const { path, stored, expected } of leaves) {
      line(output, `    ${path}`);
      line(output, `      ${paint('bad', `- ${stored ?? 'absent'}`)}`);
      line(output, `      ${paint('good', `+ ${expected ?? 'absent'}`)}`);
    }
    if (more > 0) line(output, `    ${paint('quiet', `and ${more.toLocaleString('en')} more`)}`);
  }
  if (total > examples.length) line(output, `  ${paint('quiet', `and ${(total - examples.length).toLocaleString('en')} more documents`)}`);
}
