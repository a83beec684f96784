import { unreachable } from '../assert.ts';
import type { Pattern, PatternNode } from './pattern-syntax.ts';

type Assertion = Extract<PatternNode, { kind: 'assertion' }>['at'];
type CharacterTest = (code: number) => boolean;
type Step =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'assertion'; readonly at: Assertion }
  | { readonly kind: 'split'; readonly to: number[] }
  | { readonly kind: 'match' };

const MAX_REMEMBERED = 1_000;
/** Stands for the edges of a text. */
const NONE = -1;

/**
 * A pattern run in all its ways at once, one character after the other: the time is at most the length of the text times the size of the
 * pattern, its counted repetitions written out, whatever both are.
 */
export function compileProgram({ node, flags }: Pattern): (text: string) => boolean {
  const steps: Step[] = [];
  const tests = new Map<string, CharacterTest>();
  const isWord = characterTest('\\w', flags);
  emit(node);
  steps.push({ kind: 'match' });
  return (text) => run(steps, text, isWord);

  function add(step: Step): number {
    return steps.push(step) - 1;
  }

  function emit(part: PatternNode): void {
    switch (part.kind) {
      case 'character': {
        const test = tests.get(part.source) ?? characterTest(part.source, flags, part.literal);
        tests.set(part.source, test);
        add({ kind: 'character', test });
        return;
      }
      case 'assertion':
        add({ kind: 'assertion', at: part.at });
        return;
      case 'sequence':
        part.parts.forEach(emit);
        return;
      case 'choice': {
        const ends = part.options.map((option, i) => {
          if (i === part.options.length - 1) return emit(option);
          const split = newSplit();
          split.to.push(steps.length);
          emit(option);
          const end = newSplit();
          split.to.push(steps.length);
          return end;
        });
        for (const end of ends) end?.to.push(steps.length);
        return;
      }
      case 'repeat':
        emitRepeat(part);
        return;
      default:
        unreachable(part);
    }
  }

  function emitRepeat({ part, min, max }: Extract<PatternNode, { kind: 'repeat' }>): void {
    for (let i = 0; i < min; i++) emit(part);
    if (max === Infinity) {
      const at = steps.length;
      const loop = newSplit();
      loop.to.push(steps.length);
      emit(part);
      newSplit().to.push(at);
      loop.to.push(steps.length);
      return;
    }
    const optional = [];
    for (let i = min; i < max; i++) {
      const split = newSplit();
      split.to.push(steps.length);
      emit(part);
      optional.push(split);
    }
    for (const split of optional) split.to.push(steps.length);
  }

  function newSplit(): { readonly kind: 'split'; readonly to: number[] } {
    const split = { kind: 'split', to: [] as number[] } as const;
    add(split);
    return split;
  }
}

/** Whether one character fits, remembered for those that were seen. */
function characterTest(source: string, flags: string, literal?: string): CharacterTest {
  if (literal !== undefined && !flags.includes('i')) {
    const wanted = literal.codePointAt(0);
    return (code) => code === wanted;
  }
  const expression = new RegExp(`^${source}$`, `u${flags.replace('m', '')}`);
  const seen = new Map<number, boolean>();
  return (code) => {
    const known = seen.get(code);
    if (known !== undefined) return known;
    if (seen.size >= MAX_REMEMBERED) seen.clear();
    const fits = expression.test(String.fromCodePoint(code));
    seen.set(code, fits);
    return fits;
  };
}

function run(steps: readonly Step[], text: string, isWord: CharacterTest): boolean {
  /** The position for which a step was last added: it is added once for each. */
  const added = new Int32Array(steps.length).fill(NONE);
  let current: number[] = [];
  let before = NONE;
  for (let at = 0; ;) {
    const code = text.codePointAt(at) ?? NONE;
    // A match may begin anywhere.
    if (follow(current, 0, at, before, code)) return true;
    if (code === NONE) return false;
    const after = at + (code > 0xffff ? 2 : 1);
    const following = text.codePointAt(after) ?? NONE;
    const next: number[] = [];
    for (const index of current) {
      const step = steps[index] as Step;
      if (step.kind === 'character' && step.test(code) && follow(next, index + 1, after, code, following)) return true;
    }
    current = next;
    before = code;
    at = after;
  }

  /** Adds a step and all that follow it without a character; true when one of them is the end. */
  function follow(list: number[], start: number, at: number, previous: number, code: number): boolean {
    const waiting = [start];
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      if (added[index] === at) continue;
      added[index] = at;
      const step = steps[index] as Step;
      if (step.kind === 'match') return true;
      if (step.kind === 'split') waiting.push(...step.to);
      else if (step.kind === 'character') list.push(index);
      else if (holds(step.at, previous, code, isWord)) waiting.push(index + 1);
    }
    return false;
  }
}

function holds(assertion: Assertion, before: number, after: number, isWord: CharacterTest): boolean {
  switch (assertion) {
    case 'start':
      return before === NONE;
    case 'end':
      return after === NONE;
    case 'lineStart':
      return before === NONE || isLineEnd(before);
    case 'lineEnd':
      return after === NONE || isLineEnd(after);
    case 'wordEdge':
    case 'noWordEdge': {
      const isEdge = (before !== NONE && isWord(before)) !== (after !== NONE && isWord(after));
      return isEdge === (assertion === 'wordEdge');
    }
    default:
      return unreachable(assertion);
  }
}

function isLineEnd(code: number): boolean {
  return code === 10 || code === 13 || code === 0x2028 || code === 0x2029;
}
