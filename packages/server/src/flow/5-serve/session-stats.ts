/** Counters of all sessions, since the start of the server. */
export interface SessionStats {
  /** Open now. */
  clients: number;
  /** Frames from clients. */
  framesIn: number;
  /** Messages to clients, and their bytes with the headers of WebSocket. */
  framesOut: number;
  bytesOut: number;
  /** Writes to sockets: frames of one moment share one. */
  writes: number;
  /** Spent with handing frames to sockets. */
  sendMs: number;
  /** Subscriptions that were refused, and frames that meant nothing. */
  refused: number;
  /** Changes that were merged into later ones, because a client read too slowly. */
  coalesced: number;
  /** Results that were sent anew. */
  resets: number;
  /** Clients disconnected because they read too slowly. */
  slowDisconnects: number;
  /** Clients disconnected because they did not answer pings. */
  deadDisconnects: number;
  /** Connections refused because there were too many. */
  tooManyClients: number;
}

export function newSessionStats(): SessionStats {
  return {
    clients: 0,
    framesIn: 0,
    framesOut: 0,
    bytesOut: 0,
    writes: 0,
    sendMs: 0,
    refused: 0,
    coalesced: 0,
    resets: 0,
    slowDisconnects: 0,
    deadDisconnects: 0,
    tooManyClients: 0,
  };
}
