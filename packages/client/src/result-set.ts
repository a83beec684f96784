import type { Feed } from '@millrace/protocol';
import type { Change } from './change.ts';
import { decodeValue } from './extended-json.ts';
import { share } from './share.ts';

/** The parts of a frame's feed that a result needs. */
export type RowFeed = Pick<Feed, 'docId' | 'type' | 'payload' | 'after'>;

/** A row and its neighbours: a result is a ring of them, so that a row moves without moving others. */
interface Node<Row> {
  readonly id: string;
  row: Row;
  /** In `rows`; right only while `#isPlaced`. */
  place: number;
  before: Node<Row>;
  behind: Node<Row>;
}

/**
 * The result of one live query. Changes are taken in as they come, and applied together when their commit is complete, so nobody ever
 * sees half of one. What makes no sense (a delete of an unknown row, a place behind an unknown row) does no harm.
 */
export class ResultSet<Row> {
  #nodes = new Map<string, Node<Row>>();
  #ring: Node<Row> = ring();
  #rows: readonly Row[] = [];
  #isPlaced = true;
  #pending: RowFeed[] = [];

  /** The rows in their order. Never changes: the next commit makes a new array, in which rows that did not change are the same objects. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** Changes of a commit of which more is to come. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Takes in one change of a commit. */
  add(feed: RowFeed): void {
    this.#pending.push(feed);
  }

  /** Forgets what is incomplete: the connection broke within a commit. */
  forgetPending(): void {
    this.#pending = [];
  }

  /** The commit is complete: applies what was taken in. */
  commit(): readonly Change<Row>[] {
    const feeds = this.#pending;
    if (feeds.length === 0) return [];
    this.#pending = [];
    const touched = new Map<string, Row | undefined>();
    const moved = new Set<string>();
    for (const feed of feeds) {
      const node = this.#nodes.get(feed.docId);
      if (!touched.has(feed.docId)) touched.set(feed.docId, node?.row);
      if (feed.type === 'delete') this.#delete(node);
      else if (this.#put(node, feed, touched.get(feed.docId))) moved.add(feed.docId);
    }
    const changes = this.#changesOf(touched, moved);
    if (changes.length > 0 || !this.#isPlaced) this.#place(changes);
    return changes;
  }

  /** Another whole result; gives what that changed. */
  reset(feeds: readonly RowFeed[]): readonly Change<Row>[] {
    this.#pending = [];
    const old = this.#nodes;
    const oldRows = this.#rows;
    this.#nodes = new Map();
    this.#ring = ring();
    for (const { docId, payload } of feeds) {
      const row = share(old.get(docId)?.row, decodeValue(payload)) as Row;
      const there = this.#nodes.get(docId);
      if (there === undefined) this.#insert(docId, row, this.#ring.before);
      else there.row = row;
    }
    this.#isPlaced = false;
    this.#place([]);
    const changes: Change<Row>[] = [];
    for (const [id, { row: previous }] of old) if (!this.#nodes.has(id)) changes.push({ kind: 'delete', id, previous });
    for (const [id, { row }] of this.#nodes) {
      const before = old.get(id);
      if (before === undefined) changes.push({ kind: 'insert', id, row });
      else if (before.row !== row) changes.push({ kind: 'update', id, row, previous: before.row });
    }
    if (changes.length === 0 && isSame(oldRows, this.#rows)) this.#rows = oldRows;
    return changes;
  }

  /** True where a row that was there before the commit changed its place. */
  #put(node: Node<Row> | undefined, { docId, payload, after }: RowFeed, earlier: Row | undefined): boolean {
    const row = share(earlier, decodeValue(payload)) as Row;
    if (node !== undefined) node.row = row;
    if (after === undefined) {
      if (node !== undefined) return false;
      this.#insert(docId, row, this.#ring.before);
      return earlier !== undefined;
    }
    const target = after === null ? this.#ring : (this.#nodes.get(after) ?? this.#ring.before);
    if (target === node || (node !== undefined && node.before === target)) return false;
    if (node === undefined) {
      this.#insert(docId, row, target);
      return earlier !== undefined;
    }
    unlink(node);
    link(node, target);
    this.#isPlaced = false;
    return true;
  }

  #insert(id: string, row: Row, behind: Node<Row>): void {
    const node = { id, row, place: 0 } as Node<Row>;
    link(node, behind);
    this.#nodes.set(id, node);
    this.#isPlaced = false;
  }

  #delete(node: Node<Row> | undefined): void {
    if (node === undefined) return;
    unlink(node);
    this.#nodes.delete(node.id);
    this.#isPlaced = false;
  }

  #changesOf(touched: ReadonlyMap<string, Row | undefined>, moved: ReadonlySet<string>): readonly Change<Row>[] {
    const changes: Change<Row>[] = [];
    for (const [id, previous] of touched) {
      const row = this.#nodes.get(id)?.row;
      if (row === undefined) {
        if (previous !== undefined) changes.push({ kind: 'delete', id, previous });
      } else if (previous === undefined) changes.push({ kind: 'insert', id, row });
      else if (row !== previous || moved.has(id)) changes.push({ kind: 'update', id, row, previous });
    }
    return changes;
  }

  /** Makes the array anew: by its old self where rows only changed in their places. */
  #place(changes: readonly Change<Row>[]): void {
    if (this.#isPlaced) {
      const rows = this.#rows.slice();
      for (const { id } of changes) {
        const node = this.#nodes.get(id);
        if (node !== undefined) rows[node.place] = node.row;
      }
      this.#rows = rows;
      return;
    }
    const rows: Row[] = [];
    for (let node = this.#ring.behind; node !== this.#ring; node = node.behind) {
      node.place = rows.length;
      rows.push(node.row);
    }
    this.#rows = rows;
    this.#isPlaced = true;
  }
}

function ring<Row>(): Node<Row> {
  const start = { id: '', place: 0 } as Node<Row>;
  start.before = start;
  start.behind = start;
  return start;
}

function link<Row>(node: Node<Row>, target: Node<Row>): void {
  node.before = target;
  node.behind = target.behind;
  target.behind.before = node;
  target.behind = node;
}

function unlink<Row>(node: Node<Row>): void {
  node.before.behind = node.behind;
  node.behind.before = node.before;
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
