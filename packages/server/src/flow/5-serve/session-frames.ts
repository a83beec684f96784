import type { Clock } from '../../core/clock.ts';
import type { LiveChange, LivePosition, LiveRow } from './live.ts';
import { positionText } from './session-position.ts';
import type { Dialect } from './session-dialect.ts';

/** To whom a document is written: all subscriptions of equal targets share the text, whatever their ids. */
export class FrameTarget {
  readonly dialect: Dialect;
  readonly group: string;
  readonly dbType: string;
  /** Equal for equal targets, and made once: they are looked up for each frame. */
  readonly keys: Readonly<Record<FeedKind, string>>;
  /** End of the members of a feed that are the same for all documents. */
  readonly suffix: string;

  constructor(dialect: Dialect, group: string, dbType: string) {
    this.dialect = dialect;
    this.group = group;
    this.dbType = dbType;
    this.suffix = `,"group":${JSON.stringify(group)},"dbType":${JSON.stringify(dbType)}`;
    const key = `${dialect}${this.suffix}`;
    this.keys = { initial: `initial${key}`, insert: `insert${key}`, update: `update${key}`, delete: `delete${key}` };
  }
}

type FeedKind = 'initial' | LiveChange['kind'];

/** The members of a feed after the id of its subscription, without the closing brace. */
interface Tail {
  readonly text: string;
  /** Seconds since 1970 that stand in it. */
  readonly time: number;
}

/**
 * Frames as text. What is the same for many subscriptions, that is all but their ids, is made once: it hangs on the row or the deletion
 * that equal queries share, and goes with it.
 */
export class FrameTexts {
  readonly #clock: Clock;
  readonly #tails = new WeakMap<object, Map<string, Tail>>();
  #seconds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds since 1970, which never go back: clients refuse a change that is older than what they hold. */
  seconds(): number {
    this.#seconds = Math.max(this.#seconds, Math.floor(this.#clock.now() / 1000));
    return this.#seconds;
  }

  /** A `realtime-feed`. `since`: no older time may stand in it. */
  feed(
    idJson: string,
    change: LiveChange,
    { target, since, position }: { readonly target: FrameTarget; readonly since: number; readonly position: LivePosition | undefined },
  ): { readonly text: string; readonly time: number } {
    const tail =
      change.kind === 'delete'
        ? this.#tail(change, { kind: 'delete', docId: change.docId, row: null, target, since })
        : this.#tail(change.row, { kind: change.kind, docId: change.row.docId, row: change.row, target, since });
    let text = `{"type":"realtime-feed","data":{"id":${idJson}${tail.text}`;
    if (target.dialect === 'own') {
      if (change.kind !== 'delete' && change.after !== undefined) text += `,"after":${JSON.stringify(change.after)}`;
      if (position !== undefined) text += `,"position":${JSON.stringify(positionText(position))}`;
    }
    return { text: `${text}},"id":""}`, time: tail.time };
  }

  /** JSON of rows as `docs`. */
  docs(idJson: string, rows: readonly LiveRow[], target: FrameTarget): string {
    if (rows.length === 0) return '[]';
    const tails = rows.map((row) => this.#tail(row, { kind: 'initial', docId: row.docId, row, target, since: 0 }).text);
    return `[{"id":${idJson}${tails.join(`},{"id":${idJson}`)}}]`;
  }

  /**
   * An empty first result, for clients that do not call back for an empty list: a row that comes and goes at once, of which nothing is
   * ever shown.
   */
  emptyDocs(idJson: string, target: FrameTarget): string {
    const row = (type: string, payload: string): string =>
      `{"id":${idJson},"docId":"","type":"${type}","payload":${payload},"time":${this.seconds()}${target.suffix}}`;
    return `[${row('initial', '{}')},${row('delete', 'null')}]`;
  }

  #tail(
    holder: object,
    wanted: {
      readonly kind: FeedKind;
      readonly docId: string;
      readonly row: LiveRow | null;
      readonly target: FrameTarget;
      readonly since: number;
    },
  ): Tail {
    const { kind, docId, row, target, since } = wanted;
    let tails = this.#tails.get(holder);
    if (tails === undefined) this.#tails.set(holder, (tails = new Map()));
    const key = target.keys[kind];
    const known = tails.get(key);
    if (known !== undefined && known.time >= since) return known;
    const time = this.seconds();
    const id = JSON.stringify(docId);
    const find = target.dialect === '0.19' ? `,"find":{"_id":${id}}` : '';
    const payload = row === null ? 'null' : row.payload(target.dialect === 'own' ? 'extended' : 'plain');
    const type = target.dialect === '0.5' && kind !== 'delete' ? 'write' : kind;
    const tail = { text: `,"docId":${id}${find},"type":"${type}","payload":${payload},"time":${time}${target.suffix}`, time };
    tails.set(key, tail);
    return tail;
  }
}

/** A positive answer to a subscribe frame. `docs` is JSON. */
export function ackText(
  request: { readonly requestId: string; readonly idJson: string; readonly target: FrameTarget },
  docs: string,
  own?: { readonly position: string; readonly reset: boolean },
): string {
  const extra = own === undefined ? '' : `,"position":${JSON.stringify(own.position)},"reset":${own.reset}`;
  const group = JSON.stringify(request.target.group);
  return `{"type":"realtime-subscribe","data":{"group":${group},"id":${request.idJson},"ack":true,"error":"","docs":${docs}${extra}},"id":${JSON.stringify(request.requestId)}}`;
}

export function resetText(idJson: string, docs: string, position: LivePosition): string {
  return `{"type":"realtime-reset","data":{"id":${idJson},"docs":${docs},"position":${JSON.stringify(positionText(position))}},"id":""}`;
}
