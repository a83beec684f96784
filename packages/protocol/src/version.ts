/**
 * Version of what our own client and the server say to each other over a WebSocket; a client sends it with each subscription. Clients of
 * the original (`space-api`) send none: they get the frames they know, and nothing else.
 *
 * History: 1 the first.
 */
export const PROTOCOL_VERSION = 1;
