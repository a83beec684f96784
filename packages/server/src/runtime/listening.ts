import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';

/** How long open requests may go on when the server closes. */
const GRACE_MS = 3_000;

/** Gives the address, such as `http://127.0.0.1:4122`. Throws PORT_IN_USE, CANNOT_LISTEN. */
export async function listen(app: FastifyInstance, { host, port }: { readonly host: string; readonly port: number }): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new AppError('PORT_IN_USE', `Port ${port} of ${host} is in use by another program: expected a free one`, { cause: error });
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new AppError('CANNOT_LISTEN', `Cannot listen on port ${port} of ${host} (${code})`, { cause: error });
    throw error;
  }
  const address = app.server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
}

/** Open requests go on for a while; then their connections are cut, of whatever kind they are. */
export async function close(app: FastifyInstance, connections: ReadonlySet<Socket>, clock: Clock): Promise<void> {
  const isClosed = new AbortController();
  const cut = clock.sleep(GRACE_MS, isClosed.signal).then(() => {
    for (const connection of connections) connection.destroy();
  });
  await app.close();
  isClosed.abort();
  await cut;
}

export function connectionsOf(app: FastifyInstance): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  app.server.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  return connections;
}
