import { AppError } from '../../core/errors.ts';
import { isDocument } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';
import { ackText } from './session-frames.ts';
import type { LivePosition } from './live.ts';
import type { FrameTexts } from './session-frames.ts';
import { CLOSE, closedText, ourPositionText, refusalText, unknownTypeText, unsubscribedText } from './session-replies.ts';
import { parseSubscribe } from './session-request.ts';
import type { SubscribeRequest } from './session-request.ts';
import type { SessionStats } from './session-stats.ts';
import { Subscription } from './session-subscription.ts';
import type { Outlet } from './session-subscription.ts';
import type { SessionParts, Transport } from './session-types.ts';

/** Answers that may wait for a client for whom too much waits already. */
const FEW_REPLIES_BYTES = 65_536;
/** Pings that may stay without an answer. */
const MAX_MISSED_PONGS = 2;
const WRITES = /^(?:service-|crud-|create|update|delete|batch)/;

export interface SessionOptions {
  /** Project that the path of the socket names; undefined for the path without one. */
  readonly pathProject: string | undefined;
  /** A valid token was shown when the socket was opened. */
  readonly isAuthorized: boolean;
}

/**
 * One client: takes its frames, gives it those of its live queries. Knows frames, not sockets.
 *
 * What is pushed within one turn of the event loop is sent at its end, in one write. Nothing is sent one by one while more waits for
 * the client than may: its subscriptions then keep what they have to say in the shortest form, until the transport has drained.
 */
export class Session implements Outlet {
  readonly #transport: Transport;
  readonly #parts: SessionParts;
  readonly #options: SessionOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #waiting = new Set<Subscription>();
  readonly #openedAt: number;
  #isAuthorized: boolean;
  #speaksOwn = false;
  #hasEnded = false;
  /** Those whose result is being read, also where they have ended since: the reading goes on. */
  readonly #starting = new Set<Subscription>();

  #outbox: string[] = [];
  #outboxLength = 0;
  #isFlushing = false;
  #repliedWhileFull = 0;

  #pings = 0;
  #isPingWanted = false;
  #pong = 0;
  #missedPongs = 0;
  #beatAt: number;
  #isPositionDue = false;

  #fullSince: number | undefined;
  #fullBytes = 0;

  constructor(transport: Transport, parts: SessionParts, options: SessionOptions) {
    this.#transport = transport;
    this.#parts = parts;
    this.#options = options;
    this.#isAuthorized = options.isAuthorized || !parts.settings.needsToken;
    this.#openedAt = parts.clock.now();
    this.#beatAt = this.#openedAt + parts.settings.heartbeatMs;
  }

  get frames(): FrameTexts {
    return this.#parts.frames;
  }

  get stats(): SessionStats {
    return this.#parts.stats;
  }

  get isFull(): boolean {
    return this.#outboxLength + this.#transport.bufferedBytes > this.#parts.settings.maxBufferBytes;
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  /** One text message of the client. */
  receive(text: string): void {
    if (this.#hasEnded) return;
    this.stats.framesIn++;
    const frame = parseFrame(text);
    if (frame === undefined) {
      this.stats.refused++;
      return this.close(CLOSE.invalidFrame, 'A message is no JSON object with a type');
    }
    const { id, type, data } = frame;
    if (type === 'realtime-subscribe') return this.#subscribe(id, data);
    if (type === 'realtime-unsubscribe') return this.#unsubscribe(id, data);
    this.stats.refused++;
    const what = WRITES.test(type) ? 'Nothing can be written here: it is read only' : `"${type.slice(0, 80)}" is no type of frames`;
    this.#reply(unknownTypeText(id, type, data, `${what}, expected realtime-subscribe or realtime-unsubscribe`));
  }

  /** The answer to a ping. */
  pong(payload: string): void {
    const number = Number(payload);
    if (!Number.isSafeInteger(number) || number > this.#pings) return;
    this.#missedPongs = 0;
    this.#pong = Math.max(this.#pong, number);
    this.#release();
  }

  /** The transport has sent something. */
  drained(): void {
    this.#release();
    if (this.isFull) return;
    this.#fullSince = undefined;
    this.#repliedWhileFull = 0;
  }

  /** Time passes: called several times within a heartbeat. */
  tick(now: number): void {
    if (this.#hasEnded) return;
    this.#release();
    if (this.#isTooSlow(now)) {
      this.stats.slowDisconnects++;
      return this.close(CLOSE.tooSlow, `The client has not read for ${this.#parts.settings.slowMs} ms`);
    }
    if (now >= this.#beatAt) this.#beat(now);
    this.#sendPosition();
  }

  /** Ends the session, with a reason for the client. */
  close(code: number, reason: string): void {
    if (this.#hasEnded) return;
    this.#flush();
    this.end();
    this.#transport.close(code, reason);
  }

  /** The client is gone. */
  end(): void {
    this.#hasEnded = true;
    for (const [id, subscription] of this.#subscriptions) {
      this.#parts.ids.release(id, this);
      subscription.end();
    }
    this.#subscriptions.clear();
    this.#waiting.clear();
    this.#outbox = [];
  }

  /** Another socket, or another frame, has taken the subscription over, or its client wants no more of it. */
  drop(id: string): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    this.#remove(subscription);
    // Original clients wait for an answer, and would unsubscribe where none comes.
    if (!subscription.isAcknowledged && !subscription.isOwn) this.#reply(ackText(subscription.request, '[]'));
  }

  #remove(subscription: Subscription): void {
    this.#subscriptions.delete(subscription.request.id);
    this.#waiting.delete(subscription);
    subscription.end();
  }

  // --- what subscriptions ask for ---

  push(text: string): void {
    if (this.#hasEnded) return;
    this.#outbox.push(text);
    this.#outboxLength += text.length;
    this.#flushSoon();
  }

  wait(subscription: Subscription): void {
    this.#waiting.add(subscription);
    if (this.isFull) this.#fullSince ??= this.#noteFull();
  }

  ping(): number {
    this.#isPingWanted = true;
    this.#flushSoon();
    return this.#pings + 1;
  }

  ended(subscription: Subscription, code: 'UNKNOWN_COLLECTION' | 'LIVE_LIMIT', message: string): void {
    const { request, isAcknowledged, isOwn } = subscription;
    this.#forget(subscription);
    if (!isAcknowledged) {
      this.#refuse(request.requestId, { id: request.id, group: request.spec.collection }, new AppError(code, message), isOwn);
    } else if (isOwn) this.#reply(closedText(request.idJson, code, message));
    // Those clients know no such frame: they come back, ask again, and are then told why not.
    else this.close(CLOSE.tryAgain, message);
  }

  // --- frames of the client ---

  #subscribe(requestId: string, data: Document): void {
    const isOwn = data['version'] !== undefined;
    let request: SubscribeRequest;
    try {
      this.#authorize(data['token']);
      request = parseSubscribe(requestId, data, { plan: this.#parts.plan, ...this.#parts.settings, ...this.#options });
      const { id, target } = request;
      const known = this.#subscriptions.get(id);
      if (known !== undefined && !isOwn && known.request.specKey === request.specKey) return this.#reply(ackText(request, '[]'));
      if (known !== undefined) this.drop(id);
      this.#checkCount();
      if (target.dialect !== 'own') this.#parts.ids.claim(id, this);
    } catch (error) {
      return this.#refuse(requestId, { id: textOf(data['id']), group: textOf(data['group']) }, error, isOwn);
    }
    if (isOwn) this.#speaksOwn = true;
    const subscription = new Subscription(request, this);
    this.#subscriptions.set(request.id, subscription);
    void this.#start(subscription);
  }

  async #start(subscription: Subscription): Promise<void> {
    const { request } = subscription;
    this.#starting.add(subscription);
    try {
      subscription.attach(await this.#parts.live.subscribe(request.spec, subscription, { after: request.after }));
    } catch (error) {
      if (subscription.hasEnded) return;
      this.#forget(subscription);
      this.#refuse(request.requestId, { id: request.id, group: request.spec.collection }, error, subscription.isOwn);
    } finally {
      this.#starting.delete(subscription);
    }
  }

  #unsubscribe(requestId: string, data: Document): void {
    const id = textOf(data['id']);
    const subscription = this.#subscriptions.get(id);
    if (subscription !== undefined) {
      this.drop(id);
      this.#parts.ids.release(id, this);
    } else if (this.#isAuthorized) this.#parts.ids.remove(id);
    this.#reply(unsubscribedText(requestId, id, textOf(data['group'])));
  }

  /** Throws UNAUTHORIZED. A token is good for the rest of the connection. */
  #authorize(token: Value | undefined): void {
    if (!this.#parts.settings.needsToken) return;
    if (typeof token === 'string' && token !== '') {
      if (!this.#parts.isToken(token))
        throw new AppError('UNAUTHORIZED', 'The token of the frame is not the right one: expected the one of http.token');
      this.#isAuthorized = true;
    }
    if (!this.#isAuthorized) throw new AppError('UNAUTHORIZED', 'The frame carries no token: expected the one of http.token');
  }

  #checkCount(): void {
    const { maxSubscriptions } = this.#parts.settings;
    const abandoned = [...this.#starting].filter(({ hasEnded }) => hasEnded).length;
    if (this.#subscriptions.size + abandoned < maxSubscriptions) return;
    throw new AppError('LIVE_LIMIT', `The connection has ${maxSubscriptions} live queries: expected no more at a time`);
  }

  #forget(subscription: Subscription): void {
    this.#remove(subscription);
    this.#parts.ids.release(subscription.request.id, this);
  }

  #refuse(requestId: string, named: { readonly id: string; readonly group: string }, error: unknown, isOwn: boolean): void {
    this.stats.refused++;
    const known = error instanceof AppError;
    if (!known) this.#parts.logger.error('A live query could not be started', { error });
    const message = known ? error.message : 'The live query could not be started: the reason stands in the log of the server';
    this.#reply(refusalText(requestId, named, message, isOwn ? (known ? error.code : 'INTERNAL') : undefined));
  }

  // --- sending ---

  /** Answers are sent in any case, but not for ever to one who does not read them. */
  #reply(text: string): void {
    if (this.isFull) {
      this.#repliedWhileFull += text.length;
      if (this.#repliedWhileFull > Math.max(FEW_REPLIES_BYTES, this.#parts.settings.maxBufferBytes)) {
        this.stats.slowDisconnects++;
        return this.close(CLOSE.tooSlow, 'The client asks and does not read the answers');
      }
    }
    this.push(text);
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    if (this.#hasEnded) return;
    const texts = this.#outbox;
    this.#outbox = [];
    this.#outboxLength = 0;
    if (texts.length > 0) {
      const start = performance.now();
      this.#transport.send(texts);
      this.stats.sendMs += performance.now() - start;
    }
    if (this.#isPingWanted) {
      this.#isPingWanted = false;
      this.#transport.ping(String(++this.#pings));
    }
  }

  #release(): void {
    for (const subscription of this.#waiting) {
      if (this.#hasEnded || this.isFull) return;
      if (subscription.release(this.#pong)) this.#waiting.delete(subscription);
    }
  }

  // --- time ---

  #noteFull(): number {
    this.#fullBytes = this.#transport.bufferedBytes;
    return this.#parts.clock.now();
  }

  #isTooSlow(now: number): boolean {
    if (!this.isFull) {
      this.#fullSince = undefined;
      return false;
    }
    const bytes = this.#transport.bufferedBytes;
    if (this.#fullSince === undefined || bytes < this.#fullBytes) this.#fullSince = now;
    this.#fullBytes = bytes;
    return now - this.#fullSince >= this.#parts.settings.slowMs;
  }

  #beat(now: number): void {
    this.#beatAt = now + this.#parts.settings.heartbeatMs;
    if (!this.#isAuthorized) return this.close(CLOSE.unauthorized, 'No valid token was shown');
    // Behind what the client does not read there is no answer to expect.
    if (this.isFull) return;
    if (this.#missedPongs >= MAX_MISSED_PONGS) {
      this.stats.deadDisconnects++;
      return this.close(CLOSE.noPong, `The client has not answered ${MAX_MISSED_PONGS} pings`);
    }
    this.#missedPongs++;
    this.#isPingWanted = true;
    this.#isPositionDue = this.#speaksOwn;
    this.#flushSoon();
    this.#sendPosition();
    // A client takes a silent connection for dead, however long it is until all of its results are known.
    if (this.#isPositionDue) this.push(ourPositionText(undefined, this.#parts.settings.heartbeatMs));
  }

  /** Only when it is true of every subscription. */
  #sendPosition(): void {
    if (!this.#isPositionDue || this.#hasEnded || this.isFull) return;
    const position = this.#commonPosition();
    if (position === undefined) return;
    this.#isPositionDue = false;
    this.push(ourPositionText(position, this.#parts.settings.heartbeatMs));
  }

  /** At which all results are exact that our own client holds; undefined where there is none. */
  #commonPosition(): LivePosition | undefined {
    const own = [...this.#subscriptions.values()].filter(({ isOwn }) => isOwn);
    let common: LivePosition | undefined;
    for (const { position } of own) {
      if (position === undefined) return undefined;
      if (common === undefined || position.sequence < common.sequence) common = position;
    }
    const position = common ?? this.#parts.live.position;
    return own.every((subscription) => subscription.isWithin(position)) ? position : undefined;
  }
}

/** Undefined where the text is no frame. */
function parseFrame(text: string): { readonly id: string; readonly type: string; readonly data: Document } | undefined {
  let frame: Value;
  try {
    frame = JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
  if (!isDocument(frame) || typeof frame['type'] !== 'string') return undefined;
  return { id: textOf(frame['id']), type: frame['type'], data: isDocument(frame['data']) ? frame['data'] : {} };
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value.slice(0, 500) : '';
}
