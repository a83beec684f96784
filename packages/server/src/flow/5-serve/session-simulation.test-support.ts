import { createRequire } from 'node:module';
import type { Feed, ResetData, ServerFrame, SubscribeData, SubscribeReply } from '@millrace/protocol';
import { fromExtendedJson } from '../../core/extended-json.ts';
import type { Document } from '../../core/value.ts';
import { Session } from './session.ts';
import type { SessionOptions } from './session.ts';
import type { SessionParts, Transport } from './session-types.ts';

type Sent = { readonly text: string } | { readonly ping: string };

/** A socket whose other end reads when the test says so. */
export class SimulatedTransport implements Transport {
  readonly #sent: Sent[] = [];
  bufferedBytes = 0;
  /** Most that ever waited. */
  highWater = 0;
  writes = 0;
  closed: { readonly code: number; readonly reason: string } | undefined;

  send(texts: readonly string[]): void {
    this.writes++;
    for (const text of texts) {
      this.#sent.push({ text });
      this.bufferedBytes += text.length;
    }
    this.highWater = Math.max(this.highWater, this.bufferedBytes);
  }

  ping(payload: string): void {
    this.#sent.push({ ping: payload });
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  get unread(): number {
    return this.#sent.length;
  }

  take(count: number): readonly Sent[] {
    const taken = this.#sent.splice(0, count);
    for (const sent of taken) if ('text' in sent) this.bufferedBytes -= sent.text.length;
    return taken;
  }
}

/** One end of a simulated connection, and a session at the other. */
export class Connection {
  readonly transport = new SimulatedTransport();
  readonly session: Session;
  readonly #onChunk: (texts: readonly string[]) => void;
  #requests = 0;

  constructor(parts: SessionParts, onChunk: (texts: readonly string[]) => void, options: Partial<SessionOptions> = {}) {
    this.session = new Session(this.transport, parts, { pathProject: undefined, isAuthorized: false, ...options });
    this.#onChunk = onChunk;
  }

  send(type: string, data: object): void {
    this.session.receive(JSON.stringify({ id: `request-${++this.#requests}`, type, data }));
  }

  /** The client reads so many messages at once, as one packet. */
  async read(count = Number.POSITIVE_INFINITY): Promise<number> {
    const taken = this.transport.take(count);
    this.#onChunk(taken.flatMap((sent) => ('text' in sent ? [sent.text] : [])));
    for (const sent of taken) if ('ping' in sent) this.session.pong(sent.ping);
    this.session.drained();
    await settled();
    return taken.length;
  }
}

/** Until everything that goes on by itself has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export interface SimulatedClient {
  readonly data: SubscribeData;
  receive(texts: readonly string[]): void;
  /** Ids and documents that it shows. */
  readonly rows: readonly (readonly [docId: string, document: unknown])[];
  /** What to send after a reconnect. */
  again(): SubscribeData;
}

/** Our dialect as `protocol/frames.ts` documents it, in the fewest lines. */
export class ReferenceClient implements SimulatedClient {
  readonly data: SubscribeData;
  readonly #repeats: boolean;
  #rows: (readonly [string, unknown])[] = [];
  #position: string | undefined;
  /** On the present connection. */
  #isAnswered = false;
  /** Changes of a commit of which more follows: shown together with it, or forgotten with the connection. */
  #begun: Feed[] = [];
  refused: SubscribeReply | undefined;
  closedBy: string | undefined;

  /** `repeats`: an insert may be of a row that it has, a delete of one that it lacks. */
  constructor(data: Omit<SubscribeData, 'version'>, { repeats }: { readonly repeats: boolean } = { repeats: false }) {
    this.data = { ...data, version: 1 };
    this.#repeats = repeats;
  }

  get rows(): readonly (readonly [string, unknown])[] {
    return this.#rows;
  }

  get position(): string | undefined {
    return this.#position;
  }

  again(): SubscribeData {
    this.#begun = [];
    this.#isAnswered = false;
    return { ...this.data, ...(this.#position === undefined ? {} : { position: this.#position }) };
  }

  receive(texts: readonly string[]): void {
    for (const text of texts) this.#apply(JSON.parse(text) as ServerFrame);
  }

  #apply({ type, data }: ServerFrame): void {
    if (type === 'realtime-position' && data.position !== undefined && this.#isAnswered) this.#advance(data.position);
    if (!('id' in data) || data.id !== this.data.id) return;
    if (type === 'realtime-subscribe') {
      this.#isAnswered = data.ack;
      if (!data.ack) this.refused = data;
      else if (data.reset === true) this.#reset({ id: data.id, docs: data.docs ?? [], position: data.position ?? '' });
      else this.#advance(data.position ?? '');
    } else if (type === 'realtime-reset') this.#reset(data);
    else if (type === 'realtime-closed') this.closedBy = data.code;
    else if (type === 'realtime-feed') this.#collect(data);
  }

  #collect(feed: Feed): void {
    this.#begun.push(feed);
    if (feed.position === undefined) return;
    for (const each of this.#begun) this.#feed(each);
    this.#begun = [];
    this.#advance(feed.position);
  }

  #reset({ docs, position }: ResetData): void {
    if (this.#begun.length > 0) throw new Error('A commit was not finished');
    this.#rows = docs.map(({ docId, payload }) => [docId, fromExtendedJson(payload as Document)]);
    this.#advance(position);
  }

  #feed({ docId, type, payload, after }: Feed): void {
    const at = this.#rows.findIndex(([id]) => id === docId);
    const isUnknown = at === -1;
    if ((type === 'insert') !== isUnknown && !(this.#repeats && after === undefined))
      throw new Error(`${type} of ${docId}, which the client ${isUnknown ? 'lacks' : 'has'}`);
    const row = [docId, fromExtendedJson(payload as Document)] as const;
    if (type !== 'delete' && after === undefined && !isUnknown) this.#rows[at] = row;
    else {
      if (!isUnknown) this.#rows.splice(at, 1);
      if (type !== 'delete') this.#rows.splice(this.#placeAfter(after), 0, row);
    }
  }

  #placeAfter(after: string | null | undefined): number {
    if (after === undefined) return this.#rows.length;
    if (after === null) return 0;
    const at = this.#rows.findIndex(([id]) => id === after);
    if (at === -1) throw new Error(`There is no ${after} to stand behind`);
    return at + 1;
  }

  #advance(position: string): void {
    const sequence = (text: string) => Number(text.slice(text.lastIndexOf(':') + 1));
    if (this.#position !== undefined && sequence(position) < sequence(this.#position)) throw new Error('The position went back');
    this.#position = position;
  }
}

interface OriginalSnapshot {
  readonly snapshot: { readonly id: string; readonly payload: unknown; readonly isDeleted: boolean }[];
  readonly opts: object;
  readonly subscription: { onSnapshot(docs: unknown[], type: string): void };
}
type OriginalStore = Record<string, Record<string, Record<string, OriginalSnapshot>>>;
const { snapshotCallback } = createRequire(import.meta.url)('space-api/dist/lib/realtime/helper') as {
  readonly snapshotCallback: (store: OriginalStore, rows: readonly Feed[]) => void;
};

/**
 * The store of `space-api` 0.10.3 itself, fed as that client feeds it: the answer to a request resolves a promise, so its rows come
 * after all changes of the same packet.
 */
export class OriginalClient implements SimulatedClient {
  readonly data: Required<Pick<SubscribeData, 'dbType' | 'options'>> & SubscribeData;
  #store: OriginalStore = {};
  callbacks = 0;

  constructor(data: SubscribeData & { readonly dbType: string }) {
    this.data = { options: { skipInitial: false, changesOnly: false }, ...data };
    this.again();
  }

  get #snapshot(): OriginalSnapshot['snapshot'] {
    return this.#store[this.data.dbType]?.[this.data.group]?.[this.data.id]?.snapshot ?? [];
  }

  get rows(): readonly (readonly [string, unknown])[] {
    return this.#snapshot.filter(({ isDeleted }) => !isDeleted).map(({ id, payload }) => [id, payload]);
  }

  again(): SubscribeData {
    const { dbType, group, id, options } = this.data;
    const subscription = { onSnapshot: () => void this.callbacks++ };
    this.#store = { [dbType]: { [group]: { [id]: { snapshot: [], opts: options, subscription } } } };
    return this.data;
  }

  receive(texts: readonly string[]): void {
    const later: (() => void)[] = [];
    for (const text of texts) {
      const { type, data } = JSON.parse(text) as ServerFrame;
      if (type === 'realtime-feed' && data.id === this.data.id) snapshotCallback(this.#store, [data]);
      if (type !== 'realtime-subscribe' || data.id !== this.data.id) continue;
      if (!data.ack) throw new Error(data.error);
      later.push(() => snapshotCallback(this.#store, data.docs ?? []));
    }
    for (const answer of later) answer();
  }
}

/** The oldest generation, which knows no `options`: `write` and `delete`, by id; the rows of the answer may be read or not. */
export class OldestClient implements SimulatedClient {
  readonly data: SubscribeData;
  readonly #readsDocs: boolean;
  #rows = new Map<string, unknown>();

  constructor(data: SubscribeData, readsDocs: boolean) {
    this.data = data;
    this.#readsDocs = readsDocs;
  }

  get rows(): readonly (readonly [string, unknown])[] {
    return [...this.#rows];
  }

  again(): SubscribeData {
    this.#rows = new Map();
    return this.data;
  }

  receive(texts: readonly string[]): void {
    for (const text of texts) {
      const { type, data } = JSON.parse(text) as ServerFrame;
      if (type === 'realtime-feed' && data.id === this.data.id) this.#apply(data);
      if (type === 'realtime-subscribe' && data.id === this.data.id && this.#readsDocs)
        (data.docs ?? []).forEach((feed) => this.#apply(feed));
    }
  }

  #apply({ docId, type, payload }: Feed): void {
    if (type === 'delete') this.#rows.delete(docId);
    else if ((type as string) === 'write') this.#rows.set(docId, payload);
    else throw new Error(`The client knows no ${type}`);
  }
}
