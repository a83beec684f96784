import type { Connection, Transport, TransportHandlers } from './transport.ts';

const ABNORMAL = 1006;
const NORMAL = 1000;

/** The platform's own WebSocket: browsers, Node from 22, Deno, Bun. */
export const webSocketTransport: Transport = {
  open(url: string, handlers: TransportHandlers): Connection {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url);
    } catch (error) {
      queueMicrotask(() => handlers.closed(ABNORMAL, error instanceof Error ? error.message : String(error)));
      return { send: () => undefined, close: () => undefined };
    }
    socket.addEventListener('open', () => handlers.opened());
    socket.addEventListener('message', (event) => {
      const data: unknown = event.data;
      if (typeof data === 'string') handlers.message(data);
    });
    // An error is always followed by a close, which says more.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code, reason }) => handlers.closed(code, reason));
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: () => socket.close(NORMAL),
    };
  },
};
