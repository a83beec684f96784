import type { ClientFrame, Feed, ServerFrame, SubscribeData } from '@millrace/protocol';
import type { Connection, Transport, TransportHandlers } from './transport.ts';

export interface Doc {
  readonly _id: string;
  readonly group: number;
  readonly n: number;
}

interface Subscription {
  readonly data: SubscribeData;
  result: readonly Doc[];
}

/** One connection, and what is on its way in both directions: nothing arrives before `deliver`. */
export class SimulatedSocket {
  readonly handlers: TransportHandlers;
  readonly received: ClientFrame[] = [];
  readonly subscriptions = new Map<string, Subscription>();
  readonly toClient: string[] = [];
  readonly toServer: string[] = [];
  isOpen = false;
  /** Closed by the client, who wants to hear no more. */
  isDropped = false;
  isClosed = false;

  constructor(handlers: TransportHandlers) {
    this.handlers = handlers;
  }

  send(frame: ServerFrame): void {
    this.toClient.push(JSON.stringify(frame));
  }
}

/**
 * A server of live queries without sockets: one collection; filters `{group: …}`, `sort` by `n`, `limit`. It remembers the results of
 * every position, so that what a client shows can be compared with what was.
 */
export class SimulatedServer implements Transport {
  readonly sockets: SimulatedSocket[] = [];
  readonly documents = new Map<string, Doc>();
  /** Answers of its own, instead of the usual one. */
  onSubscribe: ((data: SubscribeData, socket: SimulatedSocket) => boolean) | undefined;
  /** New connections fail. */
  isDown = false;
  heartbeatMs = 10_000;
  #epoch = 1;
  #sequence = 0;
  /** Documents at each position. */
  readonly history = new Map<string, readonly Doc[]>();

  constructor() {
    this.#remember();
  }

  get position(): string {
    return `${this.#epoch}:${this.#sequence}`;
  }

  get last(): SimulatedSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('Nobody has connected');
    return socket;
  }

  /** All frames of one type, over all connections. */
  framesOf<Type extends ClientFrame['type']>(type: Type): Extract<ClientFrame, { type: Type }>[] {
    return this.sockets
      .flatMap(({ received }) => received)
      .filter((frame): frame is Extract<ClientFrame, { type: Type }> => frame.type === type);
  }

  open(_url: string, handlers: TransportHandlers): Connection {
    const socket = new SimulatedSocket(handlers);
    this.sockets.push(socket);
    return {
      send: (text) => void socket.toServer.push(text),
      close: () => {
        socket.isDropped = true;
      },
    };
  }

  /** Lets everything that is on its way arrive; gives whether there was anything. */
  deliver(): boolean {
    let some = false;
    for (const socket of this.sockets) while (this.deliverOne(socket)) some = true;
    return some;
  }

  /** Lets one thing arrive on a connection. */
  deliverOne(socket: SimulatedSocket): boolean {
    if (socket.isClosed) return false;
    if (!socket.isOpen) {
      if (this.isDown) this.close(socket, 1006);
      else {
        socket.isOpen = true;
        socket.handlers.opened();
      }
      return true;
    }
    const fromClient = socket.toServer.shift();
    if (fromClient !== undefined) {
      this.#receive(JSON.parse(fromClient) as ClientFrame, socket);
      return true;
    }
    const toClient = socket.toClient.shift();
    if (toClient === undefined) return false;
    socket.handlers.message(toClient);
    return true;
  }

  /** What was on its way is lost. */
  close(socket: SimulatedSocket, code: number, reason = ''): void {
    if (socket.isClosed) return;
    socket.isClosed = true;
    socket.handlers.closed(code, reason);
  }

  /** Changes documents; all clients are sent what that changes for them. */
  commit(changes: readonly { readonly id: string; readonly doc: Omit<Doc, '_id'> | null }[]): void {
    for (const { id, doc } of changes) {
      if (doc === null) this.documents.delete(id);
      else this.documents.set(id, { _id: id, ...doc });
    }
    this.#sequence++;
    this.#remember();
    for (const socket of this.sockets)
      if (!socket.isClosed) for (const subscription of socket.subscriptions.values()) this.#feed(subscription, socket);
  }

  /** `isKnown`: whether there is a position at which all is exact. */
  heartbeat(isKnown = true): void {
    const data = { ...(isKnown ? { position: this.position } : {}), heartbeatMs: this.heartbeatMs };
    for (const socket of this.sockets) if (socket.isOpen && !socket.isClosed) socket.send({ id: '', type: 'realtime-position', data });
  }

  /** Positions of before mean nothing any more. */
  newEpoch(): void {
    this.#epoch++;
    this.#sequence = 0;
    this.#remember();
  }

  /** The result of a request on the documents of a position (now, when absent). */
  resultOf({ where, sort, limit }: Pick<SubscribeData, 'where' | 'sort' | 'limit'>, position = this.position): readonly Doc[] {
    const { group } = (where ?? {}) as { readonly group?: number };
    const found = (this.history.get(position) ?? []).filter((doc) => group === undefined || doc.group === group);
    const direction = sort?.['n'];
    if (direction !== undefined) found.sort((a, b) => (a.n - b.n) * direction || (a._id < b._id ? -1 : 1));
    return limit === undefined ? found : found.slice(0, limit);
  }

  /** As the server sends them: the whole result. */
  docsOf(data: SubscribeData, result: readonly Doc[]): Feed[] {
    return result.map((doc) => ({
      id: data.id,
      docId: doc._id,
      type: 'initial',
      payload: doc,
      time: 1,
      group: data.group,
      dbType: 'mongo',
    }));
  }

  #remember(): void {
    this.history.set(
      this.position,
      [...this.documents.values()].sort((a, b) => (a._id < b._id ? -1 : 1)),
    );
  }

  #receive(frame: ClientFrame, socket: SimulatedSocket): void {
    socket.received.push(frame);
    const { id, data } = frame;
    if (frame.type === 'realtime-unsubscribe') {
      socket.subscriptions.delete(frame.data.id);
      const reply = { group: '', id: frame.data.id, ack: true, error: '', docs: null } as const;
      return socket.send({ id, type: 'realtime-unsubscribe', data: reply });
    }
    const request = data as SubscribeData;
    if (this.onSubscribe?.(request, socket) === true) return;
    const result = this.resultOf(request);
    const [epoch] = (request.position ?? '').split(':');
    const isKnown = Number(epoch) === this.#epoch;
    const subscription = { data: request, result: isKnown ? this.resultOf(request, request.position) : result };
    socket.subscriptions.set(request.id, subscription);
    const common = { group: request.group, id: request.id, ack: true, error: '' };
    if (isKnown && request.position !== undefined) {
      socket.send({ id, type: 'realtime-subscribe', data: { ...common, docs: [], position: request.position, reset: false } });
      this.#feed(subscription, socket);
    } else
      socket.send({
        id,
        type: 'realtime-subscribe',
        data: { ...common, docs: this.docsOf(request, result), position: this.position, reset: true },
      });
  }

  /** Steps from the old result to the new one, the last with the position. */
  #feed(subscription: Subscription, socket: SimulatedSocket): void {
    const { data, result: before } = subscription;
    const after = this.resultOf(data);
    subscription.result = after;
    const isOrdered = data.sort !== undefined || data.limit !== undefined;
    const old = new Map(before.map((doc) => [doc._id, doc]));
    const wanted = new Set(after.map(({ _id }) => _id));
    const feeds: Omit<Feed, 'id' | 'time' | 'group' | 'dbType'>[] = [];
    for (const { _id } of before) if (!wanted.has(_id)) feeds.push({ docId: _id, type: 'delete', payload: null });
    const held = before.map(({ _id }) => _id).filter((id) => wanted.has(id));
    after.forEach((doc, place) => {
      const known = old.get(doc._id);
      const isInPlace = !isOrdered || held[place] === doc._id;
      if (known === doc && isInPlace) return;
      const was = held.indexOf(doc._id);
      if (was !== -1) held.splice(was, 1);
      held.splice(place, 0, doc._id);
      const order = isOrdered ? { after: after[place - 1]?._id ?? null } : {};
      feeds.push({ docId: doc._id, type: known === undefined ? 'insert' : 'update', payload: doc, ...order });
    });
    feeds.forEach((feed, i) => {
      const position = i === feeds.length - 1 ? { position: this.position } : {};
      socket.send({
        id: '',
        type: 'realtime-feed',
        data: { id: data.id, time: 1, group: data.group, dbType: 'mongo', ...feed, ...position },
      });
    });
  }
}
