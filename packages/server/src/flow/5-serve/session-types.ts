import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import type { Plan } from '../../plan/plan.ts';
import type { LiveQueries } from './live.ts';
import type { FrameTexts } from './session-frames.ts';
import type { SubscriptionIds } from './session-ids.ts';
import type { SessionStats } from './session-stats.ts';

/** The way to one client: a socket, or what a test puts in its place. */
export interface Transport {
  /** One message each, in this order, in one write. */
  send(texts: readonly string[]): void;
  /** After everything sent so far. The client answers it, with the same payload, when it has read it. */
  ping(payload: string): void;
  /** What was sent and has not left this process. When it falls, the session is told by `drained`. */
  readonly bufferedBytes: number;
  /** After everything sent so far. */
  close(code: number, reason: string): void;
}

export interface SessionSettings {
  /** Name of the project. */
  readonly project: string;
  /** Database alias of its collections. */
  readonly alias: string;
  /** Of one connection. */
  readonly maxSubscriptions: number;
  /** Beyond it, changes are no longer sent one by one. */
  readonly maxBufferBytes: number;
  readonly slowMs: number;
  readonly heartbeatMs: number;
  /** Whether clients must show a token. */
  readonly needsToken: boolean;
}

/** What all sessions of a server share. */
export interface SessionParts {
  readonly live: LiveQueries;
  readonly plan: Plan;
  readonly settings: SessionSettings;
  /** Whether a text is the token that clients have to show. */
  isToken(text: string): boolean;
  readonly frames: FrameTexts;
  readonly ids: SubscriptionIds;
  readonly stats: SessionStats;
  readonly clock: Clock;
  readonly logger: Logger;
}
