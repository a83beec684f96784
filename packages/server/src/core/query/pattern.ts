import { compileProgram } from './pattern-program.ts';
import { parsePattern } from './pattern-syntax.ts';
import type { Pattern, PatternNode } from './pattern-syntax.ts';

const MAX_SIZE = 5_000;

/** Characters that JavaScript's matcher may look at for one text where it has to try again: some milliseconds. */
const MAX_TRIES = 4_000_000;

/**
 * A regular expression as a test of texts, in time bounded by the size of the pattern times the length of the text. JavaScript's matcher
 * is fast, but tries all ways one after the other: it gets the texts that are so short that all its tries are few; on the others the
 * pattern runs in all its ways at once. Both give the same answer.
 *
 * `$` without the flag `m` is the very end of the text. Throws an Error for a pattern that is malformed, too large or not supported.
 */
export function compilePattern(source: string, flags: string): (text: string) => boolean {
  const pattern = parsePattern(source, flags);
  if (sizeOf(pattern.node) > MAX_SIZE)
    throw new RangeError(`it is too large: at most ${MAX_SIZE} characters with its repetitions written out`);
  const native = nativePattern(pattern);
  const maxLength = lengthForNative(waysOf(pattern.node));
  const program = maxLength === Infinity ? undefined : compileProgram(pattern);
  return (text) => (program === undefined || text.length <= maxLength ? native.test(text) : program(text));
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

/** In how many ways a pattern can be tried from one place of a text of n characters: at most factor × (n + 1) ^ degree. */
interface Ways {
  readonly factor: number;
  readonly degree: number;
}
const ONE: Ways = { factor: 1, degree: 0 };

function waysOf(node: PatternNode): Ways {
  switch (node.kind) {
    case 'choice':
      return node.options.map(waysOf).reduce((a, b) => ({ factor: a.factor + b.factor, degree: Math.max(a.degree, b.degree) }));
    case 'sequence':
      return node.parts.map(waysOf).reduce((a, b) => ({ factor: a.factor * b.factor, degree: a.degree + b.degree }), ONE);
    case 'repeat': {
      const { factor, degree } = waysOf(node.part);
      if (node.min === node.max) return { factor: factor ** node.min, degree: degree * node.min };
      if (factor > 1 || degree > 0) return { factor: Infinity, degree: 0 };
      return node.max === Infinity ? { factor: 1, degree: 1 } : { factor: node.max - node.min + 1, degree: 0 };
    }
    default:
      return ONE;
  }
}

/** Each of the ways may begin at each place, and look at all that follows. */
function lengthForNative({ factor, degree }: Ways): number {
  if (factor === 1 && degree === 0) return Infinity;
  return Math.floor((MAX_TRIES / factor) ** (1 / (degree + 2))) - 1;
}
