import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isUpgrade } from '../http/is-upgrade.ts';
import { PROJECT_SOCKET_ROUTE, SOCKET_ROUTE } from './socket-routes.ts';
import { Sockets } from './sockets.ts';
import type { SocketParts } from './sockets.ts';

/** A client that does not answer the closing of its socket is cut off then. */
const CLOSING_MS = 5_000;

/**
 * Serves live queries on both paths of the original clients. Before the routes that take everything else; the hook that checks host and
 * origin must be there already. Returns the sockets, for their figures.
 */
export async function registerSockets(app: FastifyInstance, parts: SocketParts): Promise<Sockets> {
  const sockets = new Sockets(parts);
  const options = { maxPayload: sockets.maxFrameBytes, perMessageDeflate: false, closeTimeout: CLOSING_MS };
  await app.register(websocket, {
    options,
    preClose: (done) => {
      sockets.close();
      app.websocketServer.close();
      done();
    },
    errorHandler: (error, socket) => {
      // What a client does wrong below the level of frames: its socket is closed with the code that says so.
      parts.logger.debug('A socket failed', { error });
      if (socket.readyState === socket.OPEN) socket.close();
    },
  });
  // A hook that refuses the opening comes before the plugin's own, which then does not know the socket and would leave it open.
  app.addHook('onResponse', async ({ raw }) => {
    if (isUpgrade(raw)) raw.socket.destroy();
  });
  const open = (pathProject: string | undefined, request: FastifyRequest) => ({
    authorization: request.headers.authorization,
    pathProject,
  });
  app.get(SOCKET_ROUTE, { websocket: true }, (socket, request) => sockets.open(socket, open(undefined, request)));
  app.get<{ Params: { project: string } }>(PROJECT_SOCKET_ROUTE, { websocket: true }, (socket, request) =>
    sockets.open(socket, open(request.params.project, request as FastifyRequest)),
  );
  return sockets;
}
