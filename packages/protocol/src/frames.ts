/**
 * Frames of live queries: one JSON object per WebSocket text message, on `/v1/api/socket/json` (or `/v1/api/<project>/socket/json`).
 *
 * They are the frames of `space-api` 0.10.3, which that client sends and understands as they are. What stands under "ours" is optional:
 * our own client sends `version`, and then gets the fields and frame types that others would not understand.
 */
export interface Envelope<Type extends string = string, Data = unknown> {
  /** Of the request; the answer repeats it. Empty for what the server sends by itself. */
  readonly id: string;
  readonly type: Type;
  readonly data: Data;
}

/** A place in the order of commits of one server: an epoch and a number, as text. Opaque to clients. */
export type Position = string;

// --- client to server ------------------------------------------------------------------------------------------------------------

export interface SubscribeData {
  /** Of the subscription; unique among the client's. */
  readonly id: string;
  /** The collection. */
  readonly group: string;
  /** A filter; absent: every document. */
  readonly where?: unknown;
  /** Needed without a `version`; ours leaves both out, since a server has one project and one database of its own. */
  readonly dbType?: string;
  readonly project?: string;
  readonly options?: { readonly skipInitial?: boolean; readonly changesOnly?: boolean };
  readonly token?: string;
  // Ours:
  readonly version?: number;
  /** Fields and directions, most significant first: `{"name": 1, "age": -1}`. The result is then ordered. */
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  /** Of the ordered result (by `_id` without a sort): the first so many. */
  readonly limit?: number;
  /** Fields wanted, or not wanted: `{"name": 1}`, `{"secret": 0}`. `_id` is always there. */
  readonly select?: Readonly<Record<string, 0 | 1>>;
  /** What the client holds already: the answer goes on from there, or says `reset`. */
  readonly position?: Position;
}

export interface UnsubscribeData {
  readonly group?: string;
  readonly id: string;
  readonly token?: string;
}

// --- server to client ------------------------------------------------------------------------------------------------------------

export interface SubscribeReply {
  readonly group: string;
  readonly id: string;
  readonly ack: boolean;
  /** Empty where `ack`. */
  readonly error: string;
  /** Null where not `ack`. In the order of the result. */
  readonly docs: readonly Feed[] | null;
  // Ours:
  /** Code of the error catalogue. */
  readonly code?: string;
  /** The result is exact at this position. */
  readonly position?: Position;
  /** True: `docs` is the whole result, and replaces what the client holds. False: the client holds the result of its position. */
  readonly reset?: boolean;
}

export interface UnsubscribeReply {
  readonly group: string;
  readonly id: string;
  readonly ack: true;
  readonly error: '';
  readonly docs: null;
}

export type FeedType = 'initial' | 'insert' | 'update' | 'delete';

export interface Feed {
  /** Of the subscription. */
  readonly id: string;
  readonly docId: string;
  readonly type: FeedType;
  /** The document; null for a delete. Extended JSON for our own client, plain JSON for others. */
  readonly payload: unknown;
  /** Never decreases for a document. */
  readonly time: number;
  readonly group: string;
  readonly dbType: string;
  // Ours:
  /** Of an ordered result: the document that it stands behind now; null at the front. Absent where there is no order, and on deletes. */
  readonly after?: string | null;
  /**
   * With the last change of a commit: what the client holds is then the exact result at this position. Changes without it belong to a
   * commit of which more follows, and are to be shown together with it.
   */
  readonly position?: Position;
}

/** Ours. The result is sent anew: too much had changed while the client did not read. It replaces what the client holds. */
export interface ResetData {
  readonly id: string;
  readonly docs: readonly Feed[];
  readonly position: Position;
}

/** Ours. Sent at each heartbeat. */
export interface PositionData {
  /**
   * Every subscription of the connection that has been answered is exact at this position. Absent while there is none of which that is
   * so. (One whose answer is still to come was asked for after this was sent, perhaps.)
   */
  readonly position?: Position;
  /** Until the next one, at most. A client that hears nothing for longer may take the connection for dead. */
  readonly heartbeatMs: number;
}

/** Ours. The server ended the subscription by itself. */
export interface ClosedData {
  readonly id: string;
  readonly code: string;
  readonly error: string;
}

export type ClientFrame = Envelope<'realtime-subscribe', SubscribeData> | Envelope<'realtime-unsubscribe', UnsubscribeData>;

export type ServerFrame =
  | Envelope<'realtime-subscribe', SubscribeReply>
  | Envelope<'realtime-unsubscribe', UnsubscribeReply>
  | Envelope<'realtime-feed', Feed>
  | Envelope<'realtime-reset', ResetData>
  | Envelope<'realtime-position', PositionData>
  | Envelope<'realtime-closed', ClosedData>;

/** Codes with which the server closes a WebSocket, beside the standard ones. */
export const CLOSE_CODES = {
  /** The server stops; come back soon. */
  goingAway: 1001,
  /** A frame was no frame. */
  invalidFrame: 1007,
  /** A frame was larger than allowed. */
  tooLarge: 1009,
  /** An original client's subscription ended by itself: connecting again begins it anew. */
  tryAgain: 1013,
  /** The client did not read for too long. */
  tooSlow: 4008,
  /** No pong came back. */
  noPong: 4009,
  /** More connections than allowed. */
  tooMany: 4029,
  /** No valid token. */
  unauthorized: 4401,
} as const;
