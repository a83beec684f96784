import type { WebSocket } from 'ws';
import type { Clock } from '../../../core/clock.ts';
import type { Logger } from '../../../core/logger.ts';
import type { Plan } from '../../../plan/plan.ts';
import type { LiveQueries } from '../live.ts';
import { FrameTexts } from '../session-frames.ts';
import { SubscriptionIds } from '../session-ids.ts';
import { CLOSE } from '../session-replies.ts';
import { newSessionStats } from '../session-stats.ts';
import type { SessionStats } from '../session-stats.ts';
import type { SessionParts, SessionSettings } from '../session-types.ts';
import { Session } from '../session.ts';
import { SocketTransport } from './socket-transport.ts';

/** A heartbeat is looked after so many times within its length, and so is the time of a slow client. */
const TICKS = 4;
const SHORTEST_TICK_MS = 20;

export interface SocketSettings extends Omit<SessionSettings, 'needsToken'> {
  readonly maxClients: number;
  /** Of a message of a client. */
  readonly maxFrameBytes: number;
}

/** What the sockets are made from. */
export interface SocketParts {
  readonly live: LiveQueries;
  readonly plan: Plan;
  readonly settings: SocketSettings;
  /** The guard of HTTP, which has let the socket in by its host and origin, and knows the token. */
  readonly guard: { readonly needsToken: boolean; isToken(given: string | undefined): boolean };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** All clients of live queries: opens a session for each socket, lets time pass for them, and closes them when the server stops. */
export class Sockets {
  readonly #settings: SocketSettings;
  readonly #guard: SocketParts['guard'];
  readonly #parts: SessionParts;
  readonly #sessions = new Map<Session, WebSocket>();
  readonly #stopped = new AbortController();
  #isTicking = false;
  readonly stats: SessionStats = newSessionStats();

  constructor({ live, plan, settings, guard, clock, logger }: SocketParts) {
    this.#settings = settings;
    this.#guard = guard;
    this.#parts = {
      live,
      plan,
      settings: { ...settings, needsToken: guard.needsToken },
      isToken: (text) => guard.isToken(text),
      frames: new FrameTexts(clock),
      ids: new SubscriptionIds(),
      stats: this.stats,
      clock,
      logger: logger.child({ component: 'live' }),
    };
  }

  get maxFrameBytes(): number {
    return this.#settings.maxFrameBytes;
  }

  /** A socket that has opened. */
  open(
    socket: WebSocket,
    { authorization, pathProject }: { readonly authorization: string | undefined; readonly pathProject: string | undefined },
  ): void {
    if (this.#stopped.signal.aborted) return socket.close(CLOSE.goingAway, 'The server stops');
    if (this.#sessions.size >= this.#settings.maxClients) {
      this.stats.tooManyClients++;
      return socket.close(CLOSE.tooMany, `The server has ${this.#settings.maxClients} clients, which is the most that are allowed`);
    }
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    const transport = new SocketTransport(socket, this.stats);
    const session = new Session(transport, this.#parts, { pathProject, isAuthorized: token !== undefined && this.#guard.isToken(token) });
    this.#sessions.set(session, socket);
    this.stats.clients = this.#sessions.size;
    transport.onDrained(() => session.drained());
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) session.close(CLOSE.invalidFrame, 'A message is no text');
      else session.receive(data.toString());
    });
    socket.on('pong', (data: Buffer) => session.pong(data.toString()));
    socket.on('close', () => {
      session.end();
      this.#sessions.delete(session);
      this.stats.clients = this.#sessions.size;
    });
    void this.#tick();
  }

  /** Tells every client that the server stops. */
  close(): void {
    this.#stopped.abort();
    for (const session of this.#sessions.keys()) session.close(CLOSE.goingAway, 'The server stops');
  }

  /** What waits to be sent, of each client. */
  bufferedBytes(): readonly number[] {
    return Array.from(this.#sessions.values(), ({ bufferedAmount }) => bufferedAmount);
  }

  /** Runs while there are clients. */
  async #tick(): Promise<void> {
    if (this.#isTicking) return;
    this.#isTicking = true;
    const { clock } = this.#parts;
    const everyMs = Math.max(SHORTEST_TICK_MS, Math.min(this.#settings.heartbeatMs, this.#settings.slowMs) / TICKS);
    while (this.#sessions.size > 0 && !this.#stopped.signal.aborted) {
      await clock.sleep(everyMs, this.#stopped.signal);
      const now = clock.now();
      for (const session of this.#sessions.keys()) session.tick(now);
    }
    this.#isTicking = false;
  }
}
