import { compareTexts } from '../../core/value-order.ts';

/** Texts from one to another, both included. */
export interface Interval {
  readonly from: string;
  readonly to: string;
}

interface Node<T> {
  readonly interval: Interval;
  readonly number: number;
  readonly value: T;
  readonly priority: number;
  left: Node<T> | undefined;
  right: Node<T> | undefined;
  /** The greatest `to` of this node and all below it. */
  maxTo: string;
}

/**
 * Values that stand for intervals, found by those that overlap another: a treap in order of `from`, each node of which knows how far
 * those below it reach. Adding, removing and each one found take some log n steps.
 */
export class IntervalTree<T> {
  #root: Node<T> | undefined;
  #number = 0;
  #random = 0x2545f491;

  get isEmpty(): boolean {
    return this.#root === undefined;
  }

  /** Gives what removes it again. */
  add(interval: Interval, value: T): () => void {
    const number = this.#number++;
    const node: Node<T> = { interval, number, value, priority: this.#nextRandom(), left: undefined, right: undefined, maxTo: interval.to };
    const [left, right] = split(this.#root, interval.from, number);
    this.#root = merge(merge(left, node), right);
    return () => {
      const [before, rest] = split(this.#root, interval.from, number);
      const [, after] = split(rest, interval.from, number + 1);
      this.#root = merge(before, after);
    };
  }

  /** Visits the values whose interval shares a text with the given one. */
  visit(interval: Interval, found: (value: T) => void): void {
    visit(this.#root, interval, found);
  }

  #nextRandom(): number {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return this.#random;
  }
}

function visit<T>(node: Node<T> | undefined, interval: Interval, found: (value: T) => void): void {
  if (node === undefined || compareTexts(node.maxTo, interval.from) < 0) return;
  visit(node.left, interval, found);
  if (compareTexts(node.interval.from, interval.to) > 0) return;
  if (compareTexts(node.interval.to, interval.from) >= 0) found(node.value);
  visit(node.right, interval, found);
}

/** Nodes before (from, number), and the others. */
function split<T>(node: Node<T> | undefined, from: string, number: number): [Node<T> | undefined, Node<T> | undefined] {
  if (node === undefined) return [undefined, undefined];
  const order = compareTexts(node.interval.from, from);
  if (order < 0 || (order === 0 && node.number < number)) {
    const [left, right] = split(node.right, from, number);
    node.right = left;
    return [measured(node), right];
  }
  const [left, right] = split(node.left, from, number);
  node.left = right;
  return [left, measured(node)];
}

function merge<T>(left: Node<T> | undefined, right: Node<T> | undefined): Node<T> | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  if (left.priority > right.priority) {
    left.right = merge(left.right, right);
    return measured(left);
  }
  right.left = merge(left, right.left);
  return measured(right);
}

function measured<T>(node: Node<T>): Node<T> {
  let { to } = node.interval;
  for (const below of [node.left, node.right]) if (below !== undefined && compareTexts(below.maxTo, to) > 0) to = below.maxTo;
  node.maxTo = to;
  return node;
}
