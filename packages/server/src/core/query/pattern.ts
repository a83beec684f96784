import { compileProgram } from './pattern-program.ts';
import { parsePattern } from './pattern-syntax.ts';
import type { Pattern, PatternNode } from './pattern-syntax.ts';

const MAX_SIZE = 5_000;

/**
 * A regular expression as a test of texts, in time bounded by the size of the pattern times the length of the text. Patterns that leave
 * JavaScript's matcher nothing to try again are given to it; all others run in all their ways at once. Both give the same answer.
 *
 * `$` without the flag `m` is the very end of the text. Throws an Error for a pattern that is malformed, too large or not supported.
 */
export function compilePattern(source: string, flags: string): (text: string) => boolean {
  const pattern = parsePattern(source, flags);
  if (sizeOf(pattern.node) > MAX_SIZE)
    throw new RangeError(`it is too large: at most ${MAX_SIZE} characters with its repetitions written out`);
  const native = nativePattern(pattern);
  if (!isLinear(pattern.node)) return compileProgram(pattern);
  return (text) => native.test(text);
}

/** The same pattern for JavaScript's matcher. */
export function nativePattern({ node, flags }: Pattern): RegExp {
  return new RegExp(written(node, flags), `u${flags}`);
}

function written(node: PatternNode, flags: string): string {
  switch (node.kind) {
    case 'character':
      return node.source;
    case 'assertion':
      return !flags.includes('m') && Object.hasOwn(EDGES, node.at) ? EDGES[node.at as 'start'] : ASSERTIONS[node.at];
    case 'sequence':
      return `(?:${node.parts.map((part) => written(part, flags)).join('')})`;
    case 'choice':
      return `(?:${node.options.map((option) => written(option, flags)).join('|')})`;
    default:
      return `${written(node.part, flags)}{${node.min},${node.max === Infinity ? '' : node.max}}`;
  }
}

/** Without the flag `m`, when they mean the text. */
const EDGES = { start: '^', end: '$' } as const;

const ASSERTIONS = {
  start: '(?<![^])',
  end: '(?![^])',
  lineStart: '^',
  lineEnd: '$',
  wordEdge: '\\b',
  noWordEdge: '\\B',
} as const;

/** Characters that the pattern has when its counted repetitions are written out. */
function sizeOf(node: PatternNode): number {
  switch (node.kind) {
    case 'choice':
      return node.options.reduce((sum, option) => sum + sizeOf(option), node.options.length);
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + sizeOf(part), 0);
    case 'repeat':
      return Math.max(1, node.max === Infinity ? node.min : node.max) * (sizeOf(node.part) + 1);
    default:
      return 1;
  }
}

/** Nothing to choose: at each place of the text the matcher goes through the pattern once. */
function isLinear(node: PatternNode): boolean {
  switch (node.kind) {
    case 'choice':
      return false;
    case 'sequence':
      return node.parts.every(isLinear);
    case 'repeat':
      return node.min === node.max && isLinear(node.part);
    default:
      return true;
  }
}
