/** What carries frames: a WebSocket, or a simulation in tests. */
export interface Transport {
  /** Never throws and never calls back before it returns: a URL that cannot be opened is told by `closed`. */
  open(url: string, handlers: TransportHandlers): Connection;
}

/** Called by the connection: `opened` at most once, then messages in order, then `closed` exactly once, after which nothing comes. */
export interface TransportHandlers {
  opened(): void;
  message(text: string): void;
  /** `code` as WebSockets have them; 1006 where the connection was never made or just broke. */
  closed(code: number, reason: string): void;
}

export interface Connection {
  /** After `opened` only. What is sent on a connection that is closing is lost. */
  send(text: string): void;
  close(): void;
}
