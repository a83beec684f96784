import { METADATA_FIELDS } from '../../core/metadata.ts';
import type { Filter } from '../../core/query.ts';
import { rangeTexts, sargables } from '../../core/query/sargable.ts';
import { orderText } from '../../core/value-order.ts';
import type { Interval } from './interval-tree.ts';

/** What holds of every document that a filter matches: among the keys of a path is one of these, or they reach into the interval. */
export type Atom =
  | { readonly path: readonly string[]; readonly keys: readonly string[] }
  | { readonly path: readonly string[]; readonly interval: Interval; readonly isHalfOpen: boolean };

/** Of every document that a filter matches, one atom at least holds. */
export type Cover = readonly Atom[];

const MOST_ATOMS = 100;
const MOST_KEYS = 1_000;
/** Below and above every order text. */
const LOWEST = '';
const HIGHEST = '\u{10ffff}';

/** All the covers of a filter that an index can use. None: every change must be tested. */
export function coversOf(filter: Filter): readonly Cover[] {
  const covers: Cover[] = atomsOf(filter).map((atom) => [atom]);
  if (filter.kind === 'and') for (const inner of filter.filters) if (inner.kind === 'or') covers.push(...coversOf(inner));
  if (filter.kind === 'or') {
    const branches = filter.filters.map((branch) => best(coversOf(branch)));
    const all = branches.flatMap((cover) => cover ?? []);
    if (!branches.includes(undefined) && all.length <= MOST_ATOMS) covers.push(all);
  }
  return covers;
}

/** The more a cover leaves out the lower: equality before ranges, ranges before what is open at one end. */
export function classOf(cover: Cover): number {
  return Math.max(0, ...cover.map((atom) => ('keys' in atom ? 0 : atom.isHalfOpen ? 2 : 1)));
}

function best(covers: readonly Cover[]): Cover | undefined {
  return covers.toSorted((a, b) => classOf(a) - classOf(b))[0];
}

function atomsOf(filter: Filter): Atom[] {
  const atoms: Atom[] = [];
  const bounds = new Map<string, { readonly path: readonly string[]; from?: string; to?: string }>();
  for (const atom of sargables(filter)) {
    const { path } = atom;
    if (METADATA_FIELDS.has(path[0] ?? '') && !isId(path)) continue;
    if ('equals' in atom) {
      if (atom.equals.length <= MOST_KEYS) atoms.push({ path, keys: [...new Set(atom.equals.map(orderText))] });
      continue;
    }
    const { from, to } = rangeTexts(atom.range);
    // From the surrogates on, order texts lie in another place than ill-formed texts do in the order of values.
    if (/[\ud800-\uffff]/.test(from + to)) continue;
    const key = JSON.stringify(path);
    const bound = bounds.get(key) ?? { path };
    bounds.set(key, bound);
    const { operator } = atom.range;
    if (operator === '$gt' || operator === '$gte') bound.from ??= from;
    else bound.to ??= to;
  }
  for (const { path, from, to } of bounds.values())
    atoms.push({ path, interval: { from: from ?? LOWEST, to: to ?? HIGHEST }, isHalfOpen: from === undefined || to === undefined });
  return atoms;
}

export function isId(path: readonly string[]): boolean {
  return path.length === 1 && path[0] === '_id';
}
