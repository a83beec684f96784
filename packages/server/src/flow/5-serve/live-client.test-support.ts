import { toExtendedJson } from '../../core/extended-json.ts';
import { project } from '../../core/query/projection.ts';
import { compileRecordFilter, sortRecordsBy } from '../../core/query/record-query.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { LiveChange, LivePosition, LiveQuerySpec, LiveRow, LiveSink, LiveSubscription } from './live.ts';

/** A check outside of tests: what it throws is given on, whoever catches it. */
function hold(condition: boolean, what: string): void {
  if (!condition) throw new RangeError(what);
}

/** Every document of a collection, after each commit: the place of a map is the commit's number. */
export type History = readonly ReadonlyMap<string, StoredRecord>[];

export function shownRow(spec: LiveQuerySpec, record: StoredRecord): string {
  const selected = spec.select === undefined ? record.document : project(record.document, spec.select);
  return JSON.stringify(toExtendedJson({ _id: record.id, ...selected }));
}

/** The result of a query, worked out anew. */
export function resultOf(spec: LiveQuerySpec, records: Iterable<StoredRecord>): string[] {
  const matches = compileRecordFilter(spec.filter);
  const matching = [...records].filter((record) => record.state === 'PUBLIC' && !record.isTombstone && matches(record));
  return sortRecordsBy(matching, spec.sort)
    .slice(0, spec.limit)
    .map((record) => shownRow(spec, record));
}

/** A client that applies what it is told, and checks after each call that it holds the result of the position that is named. */
export class LiveClient implements LiveSink {
  readonly spec: LiveQuerySpec;
  readonly #history: History;
  #rows: { readonly id: string; readonly text: string }[] = [];
  #isInCall = false;
  #mayBeEmpty: boolean;
  /** Of the result that it brought. */
  readonly #broughtSequence: number;
  position: LivePosition | undefined;
  subscription: LiveSubscription | undefined;
  /** The next call must be a reset. */
  awaitsReset = false;
  end: string | undefined;
  whenSubscribed: () => void = () => undefined;
  calls = 0;

  /** `before`: who it was when it left. `isKnown`: it comes back with the position that it had. */
  constructor(
    spec: LiveQuerySpec,
    history: History,
    { before, isKnown = false }: { readonly before?: LiveClient; readonly isKnown?: boolean } = {},
  ) {
    this.spec = spec;
    this.#history = history;
    this.#mayBeEmpty = before !== undefined;
    this.#broughtSequence = isKnown ? (before?.position?.sequence ?? 0) : 0;
    if (before !== undefined) {
      this.#rows = [...before.#rows];
      this.position = before.position;
    }
  }

  get texts(): string[] {
    return this.#rows.map(({ text }) => text);
  }

  reset(rows: readonly LiveRow[], position: LivePosition): void {
    const last = this.calls === 0 ? this.#broughtSequence : (this.position?.sequence ?? 0);
    hold(position.sequence >= last, `back from ${last} to ${position.sequence}`);
    this.#called(() => {
      this.#rows = rows.map((row) => ({ id: row.docId, text: row.payload('extended') }));
      this.awaitsReset = false;
      this.#mayBeEmpty = false;
      this.position = position;
    });
    this.check();
  }

  changes(changes: readonly LiveChange[], position: LivePosition): void {
    hold(this.#mayBeEmpty || changes.length > 0, 'changes that are none');
    hold(!this.awaitsReset, 'changes before the reset that was asked for');
    if (this.position !== undefined && this.position.epoch === position.epoch) {
      const step = position.sequence - this.position.sequence;
      hold(step > 0 || (this.#mayBeEmpty && step === 0), `from ${this.position.sequence} to ${position.sequence}`);
    }
    this.#called(() => {
      for (const change of changes) this.#apply(change);
      this.#mayBeEmpty = false;
      this.position = position;
    });
    this.check();
  }

  closed(code: string): void {
    this.#called(() => (this.end = code));
  }

  /** Holds the exact result of its position. */
  check(): void {
    const { sequence } = this.position as LivePosition;
    const records = this.#history[sequence];
    if (records === undefined) throw new RangeError(`Nothing is known of commit ${sequence}`);
    const expected = resultOf(this.spec, records.values());
    const isOrdered = this.subscription?.isOrdered;
    const [held, right] = isOrdered === true ? [this.texts, expected] : [this.texts.sort(), expected.sort()];
    hold(held.join('\n') === right.join('\n'), `at ${sequence} it holds\n${held.join('\n')}\ninstead of\n${right.join('\n')}`);
  }

  #apply(change: LiveChange): void {
    const id = change.kind === 'delete' ? change.docId : change.row.docId;
    const at = this.#rows.findIndex((row) => row.id === id);
    hold((at === -1) === (change.kind === 'insert'), `${change.kind} of ${id}`);
    const [old] = at === -1 ? [] : this.#rows.splice(at, 1);
    if (change.kind === 'delete') return;
    const row = { id, text: change.row.payload('extended') };
    if (change.after === undefined) {
      hold(this.subscription?.isOrdered === false, 'a place in an order');
      hold(row.text !== old?.text, 'an update that changes nothing');
      this.#rows.push(row);
      return;
    }
    const place = change.after === null ? 0 : this.#rows.findIndex((other) => other.id === change.after) + 1;
    hold(change.after === null || place > 0, `${id} stands behind ${change.after}`);
    this.#rows.splice(place, 0, row);
  }

  #called(call: () => void): void {
    this.calls++;
    hold(!this.#isInCall, 'called within a call');
    hold(this.subscription !== undefined, 'called before the subscription was there');
    hold(this.end === undefined, 'called after the end');
    this.#isInCall = true;
    call();
    this.#isInCall = false;
  }
}
