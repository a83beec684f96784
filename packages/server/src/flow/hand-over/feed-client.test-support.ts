import type { LiveChange, LivePosition, LiveQuerySpec, LiveRow, LiveSink, LiveSubscription } from '../5-serve/live.ts';
import { shownRow } from '../5-serve/live-client.test-support.ts';

function hold(condition: boolean, what: string): void {
  if (!condition) throw new RangeError(what);
}

/** A client that applies what it is told, and checks that no document ever goes back. Documents have their version in `v`. */
export class FeedClient implements LiveSink {
  readonly spec: LiveQuerySpec;
  #rows: { readonly id: string; readonly text: string }[] = [];
  /** Of each document: the newest version that it held. */
  readonly #versions: Map<string, number>;
  readonly #isResumed: boolean;
  position: LivePosition | undefined;
  subscription: LiveSubscription | undefined;
  end: string | undefined;
  #calls = 0;

  /** `before`: who it was when it left. */
  constructor(spec: LiveQuerySpec, before?: FeedClient) {
    this.spec = spec;
    this.#versions = new Map(before?.versions);
    this.#rows = before === undefined ? [] : [...before.#rows];
    this.position = before?.position;
    this.#isResumed = before !== undefined;
  }

  get versions(): ReadonlyMap<string, number> {
    return this.#versions;
  }

  reset(rows: readonly LiveRow[], position: LivePosition): void {
    this.#called(position);
    this.#rows = rows.map((row) => this.#shown(row));
  }

  changes(changes: readonly LiveChange[], position: LivePosition): void {
    hold(this.position !== undefined, 'changes before a result');
    hold(this.position?.epoch === position.epoch, 'changes of another epoch');
    this.#called(position);
    for (const change of changes) this.#apply(change);
  }

  closed(code: string): void {
    this.end = code;
  }

  /** Holds these rows, in their order where there is one. */
  check(expected: readonly string[]): void {
    hold(this.subscription !== undefined && this.#calls > 0, 'at rest it waits for its result');
    const texts = this.#rows.map(({ text }) => text);
    const [held, right] = this.subscription?.isOrdered === true ? [texts, [...expected]] : [texts.sort(), [...expected].sort()];
    hold(held.join('\n') === right.join('\n'), `at rest it holds\n${held.join('\n')}\ninstead of\n${right.join('\n')}`);
  }

  #called(position: LivePosition): void {
    hold(this.subscription !== undefined, 'called before the subscription was there');
    if (this.position?.epoch === position.epoch) hold(position.sequence >= this.position.sequence, 'a position goes back');
    this.position = position;
    this.#calls++;
  }

  #apply(change: LiveChange): void {
    const id = change.kind === 'delete' ? change.docId : change.row.docId;
    const at = this.#rows.findIndex((row) => row.id === id);
    const isOrdered = this.subscription?.isOrdered === true;
    if (isOrdered && !this.#isResumed) hold((at === -1) === (change.kind === 'insert'), `${change.kind} of ${id}`);
    if (at !== -1) this.#rows.splice(at, 1);
    if (change.kind === 'delete') return;
    const row = this.#shown(change.row);
    const { after } = change;
    if (after === undefined || after === null) {
      hold(isOrdered === (after === null), 'a place in an order');
      if (after === null) this.#rows.unshift(row);
      else this.#rows.push(row);
      return;
    }
    const place = this.#rows.findIndex((other) => other.id === after) + 1;
    hold(place > 0, `${id} stands behind ${after}`);
    this.#rows.splice(place, 0, row);
  }

  #shown({ docId, record }: LiveRow): { readonly id: string; readonly text: string } {
    const version = Number(record.document['v']);
    const last = this.#versions.get(docId) ?? 0;
    hold(version >= last, `${docId} goes back from ${last} to ${version}`);
    this.#versions.set(docId, version);
    return { id: docId, text: shownRow(this.spec, record) };
  }
}
