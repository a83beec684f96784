import { CLOSE_CODES, PROTOCOL_VERSION } from '@millrace/protocol';
import type { ClientFrame, Envelope, ServerFrame, SubscribeData, SubscribeReply } from '@millrace/protocol';
import type { Clock, Timer } from './clock.ts';
import type { ConnectionStatus } from './connection-state.ts';
import { MillraceError } from './error.ts';
import { Link } from './link.ts';
import type { LinkOptions, LinkOwner } from './link.ts';
import { keyOf } from './request.ts';
import type { Request } from './request.ts';
import { SharedQuery } from './shared-query.ts';
import type { Observer } from './shared-query.ts';

export interface SessionOptions extends LinkOptions {
  /** A connection without any live query is kept so long. */
  readonly idleMs: number;
  readonly onStatus: (status: ConnectionStatus) => void;
}

/** Close codes that blame what was sent. */
const BLAMING: ReadonlySet<number> = new Set([CLOSE_CODES.invalidFrame, CLOSE_CODES.tooLarge]);

/**
 * The live queries of one client and the frames that go with them. What is to be sent follows from what is observed now and what was
 * sent on this connection, so nothing queues up while there is no connection.
 */
export class Session implements LinkOwner {
  readonly link: Link;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #onStatus: (status: ConnectionStatus) => void;
  /** Makes ids of subscriptions unique among all clients. */
  readonly #prefix: string;
  #count = 0;
  readonly #queries = new Map<string, SharedQuery>();
  /** Sent on this connection. */
  readonly #byId = new Map<string, SharedQuery>();
  #toUnsubscribe: string[] = [];
  #token: string | undefined;
  #unanswered = 0;
  #hasHeartbeat = false;
  /** One subscription at a time: the server closed the connection because of one, and we do not know which. */
  #isCareful = false;
  #isFlushing = false;
  #idle: Timer | undefined;

  constructor(options: SessionOptions) {
    this.#clock = options.clock;
    this.#idleMs = options.idleMs;
    this.#onStatus = options.onStatus;
    this.#prefix = Array.from({ length: 4 }, () =>
      Math.floor(options.random() * 36 ** 5)
        .toString(36)
        .padStart(5, '0'),
    ).join('');
    this.link = new Link(options, this);
  }

  get isWaiting(): boolean {
    return this.#hasHeartbeat ? this.#byId.size > 0 : this.#unanswered > 0;
  }

  /** The shared query of a request, which is subscribed to as long as anybody observes it. */
  observe(request: Request, observer: Observer): SharedQuery {
    if (this.link.isClosed) throw new MillraceError('CLOSED', 'The client was closed: no live query can begin');
    const key = keyOf(request);
    const known = this.#queries.get(key);
    const query = known ?? new SharedQuery(key, request);
    query.observe(observer);
    if (known !== undefined) return query;
    this.#queries.set(key, query);
    this.#idle?.stop();
    this.#flushSoon();
    this.link.dispatch({ name: 'wanted' });
    return query;
  }

  release(query: SharedQuery, observer: Observer): void {
    query.release(observer);
    if (query.isObserved || this.#queries.get(query.key) !== query) return;
    this.#queries.delete(query.key);
    if (query.id !== undefined) {
      this.#toUnsubscribe.push(query.id);
      this.#forget(query);
      this.#flushSoon();
    }
    this.#idleWhenEmpty();
  }

  // --- what the link says ------------------------------------------------------------------------------------------------------

  connected(token: string | undefined): void {
    this.#token = token;
    this.#flush();
  }

  interrupted(code: number): void {
    const unanswered = [...this.#byId.values()].filter((query) => !query.isAnswered);
    this.#byId.clear();
    this.#toUnsubscribe = [];
    this.#unanswered = 0;
    this.#hasHeartbeat = false;
    if (BLAMING.has(code)) {
      const [only, another] = unanswered;
      if (only !== undefined && another === undefined) {
        this.#end(
          only,
          new MillraceError('FRAME_REFUSED', `The server refused the live query on ${only.request.group}: close code ${code}`),
        );
      } else this.#isCareful = unanswered.length > 0;
    }
    for (const query of Array.from(this.#queries.values())) query.interrupted();
  }

  ended(error: MillraceError): void {
    this.#idle?.stop();
    for (const query of Array.from(this.#queries.values())) this.#end(query, error);
  }

  statusChanged(status: ConnectionStatus): void {
    this.#onStatus(status);
  }

  /** Frames that are no frames, or of subscriptions that are over, mean nothing. */
  received(text: string): void {
    const frame = parse(text);
    switch (frame?.type) {
      case 'realtime-feed': {
        const query = this.#byId.get(frame.data.id);
        if (query?.isAnswered === true && !query.fed(frame.data)) this.#startOver(query);
        return;
      }
      case 'realtime-subscribe':
        return this.#answered(frame.data);
      case 'realtime-reset': {
        const query = this.#byId.get(frame.data.id);
        if (query?.isAnswered === true) query.reset(frame.data.docs, frame.data.position);
        return;
      }
      case 'realtime-position': {
        this.#hasHeartbeat = true;
        this.link.expectEvery(frame.data.heartbeatMs);
        const { position } = frame.data;
        if (position !== undefined) for (const query of this.#byId.values()) query.reached(position);
        return;
      }
      case 'realtime-closed': {
        const query = this.#byId.get(frame.data.id);
        if (query !== undefined) this.#end(query, new MillraceError(frame.data.code, frame.data.error));
        return;
      }
      default:
        return;
    }
  }

  #answered(reply: SubscribeReply): void {
    const query = this.#byId.get(reply.id);
    if (query === undefined || query.isAnswered) return;
    this.#unanswered--;
    if (this.#isCareful) this.#flushSoon();
    if (reply.ack) {
      this.link.accepted();
      query.answered(reply);
    } else {
      query.isAnswered = true;
      this.#end(query, new MillraceError(reply.code ?? 'REFUSED', reply.error));
    }
  }

  // --- what is sent ------------------------------------------------------------------------------------------------------------

  /** After what the program does in one go, so that what it takes back at once is never sent. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.link.isLive) return;
    for (const id of this.#toUnsubscribe.splice(0)) this.#send('realtime-unsubscribe', id, { id });
    for (const query of this.#queries.values()) {
      if (query.id !== undefined) continue;
      if (this.#isCareful && this.#unanswered > 0) return;
      this.#subscribe(query);
    }
    if (this.#unanswered === 0) this.#isCareful = false;
  }

  #subscribe(query: SharedQuery): void {
    const id = `${this.#prefix}-${(this.#count++).toString(36)}`;
    const { position, request } = query;
    const data: SubscribeData = {
      id,
      ...request,
      version: PROTOCOL_VERSION,
      ...(position === undefined ? {} : { position }),
    };
    this.#send('realtime-subscribe', id, data);
    query.id = id;
    query.isAnswered = false;
    this.#byId.set(id, query);
    this.#unanswered++;
  }

  #send<Frame extends ClientFrame>(type: Frame['type'], id: string, data: Frame['data']): void {
    const token = this.#token;
    const frame: Envelope = { id, type, data: token === undefined ? data : { ...data, token } };
    this.link.send(JSON.stringify(frame));
  }

  // --- ends --------------------------------------------------------------------------------------------------------------------

  #end(query: SharedQuery, error: MillraceError): void {
    if (this.#queries.get(query.key) === query) this.#queries.delete(query.key);
    this.#forget(query);
    query.ended(error);
    if (!this.link.isClosed) this.#idleWhenEmpty();
  }

  /** Subscribes anew, for a whole result. */
  #startOver(query: SharedQuery): void {
    if (query.id !== undefined) this.#toUnsubscribe.push(query.id);
    this.#forget(query);
    query.interrupted();
    query.forgetPosition();
    this.#flushSoon();
  }

  #forget(query: SharedQuery): void {
    if (query.id === undefined || !this.#byId.delete(query.id)) return;
    if (!query.isAnswered) this.#unanswered--;
    query.id = undefined;
  }

  #idleWhenEmpty(): void {
    if (this.#queries.size > 0) return;
    this.#idle?.stop();
    this.#idle = this.#clock.after(this.#idleMs, () => {
      if (this.#queries.size === 0) this.link.dispatch({ name: 'unwanted' });
    });
  }
}

function parse(text: string): ServerFrame | undefined {
  try {
    const frame = JSON.parse(text) as Partial<ServerFrame> | null;
    // All that is looked at is in `data`.
    return typeof frame?.data === 'object' && frame.data !== null ? (frame as ServerFrame) : undefined;
  } catch {
    return undefined;
  }
}
