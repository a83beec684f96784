import type { LeafMark } from './leaf-changes.ts';
import { childrenOf, kindOf, pathText } from './value.ts';
import type { Path, ValueKind } from './value.ts';

/** One line of a document shown as a tree. */
export interface TreeLine {
  /** Text of the path: names the line. */
  readonly id: string;
  readonly path: Path;
  readonly name: string;
  readonly value: unknown;
  readonly kind: ValueKind;
  /** From 1. */
  readonly level: number;
  /** Place among its siblings, from 1, and how many they are. */
  readonly position: number;
  readonly siblings: number;
  readonly isBranch: boolean;
  readonly isOpen: boolean;
  /** Of the leaf; of a closed branch: that of a leaf within. */
  readonly mark: LeafMark | undefined;
}

/** Branches that a reader opened or closed, by path; all others are open while the document is short. */
export type Openings = ReadonlyMap<string, boolean>;

const OPEN_LEVELS = 2;
const LONG_LIST = 12;

/** The lines that are to be seen, in order. */
export function treeLines(document: unknown, openings: Openings, marks: ReadonlyMap<string, LeafMark>): TreeLine[] {
  const lines: TreeLine[] = [];
  const changed = [...marks];
  const visit = (value: unknown, path: Path): void => {
    const children = childrenOf(value);
    for (const [index, [name, child]] of children.entries()) {
      const childPath = [...path, name];
      const id = pathText(childPath);
      const size = childrenOf(child).length;
      const isOpen = size > 0 && (openings.get(id) ?? opensByItself(child, childPath.length, size));
      lines.push({
        id,
        path: childPath,
        name: String(name),
        value: child,
        kind: kindOf(child),
        level: childPath.length,
        position: index + 1,
        siblings: children.length,
        isBranch: size > 0,
        isOpen,
        mark: marks.get(id) ?? (size > 0 && !isOpen ? markWithin(id, changed) : undefined),
      });
      if (isOpen) visit(child, childPath);
    }
  };
  visit(document, []);
  return lines;
}

function opensByItself(value: unknown, level: number, size: number): boolean {
  return level <= OPEN_LEVELS && !(Array.isArray(value) && size > LONG_LIST);
}

function markWithin(id: string, changed: readonly (readonly [string, LeafMark])[]): LeafMark | undefined {
  const below = changed.find(([path]) => path.startsWith(id) && (path[id.length] === '.' || path[id.length] === '['));
  return below === undefined ? undefined : 'change';
}
