/**
 * The baseline of `bench/live.ts`: a bare `ws` server that sends the frames of a live query to its clients, at the same rate and of the same
 * size, and does nothing else: no log, no disk, no queries. What it answers is just enough for our client to listen.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { TICK_MS } from './messages.ts';
import type { FromServer, ToServer } from './messages.ts';

interface Subscriber {
  readonly socket: WebSocket;
  /** JSON of the subscription's id. */
  readonly id: string;
}

const EPOCH = 'f3b0c8f2-1f5a-4b0e-9a53-1d3f7a2b9c10';
/** In the order in which they came; those of one owner each ask for its changes. */
const shared: Subscriber[] = [];
const byOwner = new Map<number, Subscriber>();

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (message: Buffer) => {
    const {
      id: requestId,
      type,
      data,
    } = JSON.parse(message.toString()) as {
      readonly id: string;
      readonly type: string;
      readonly data: { readonly id: string; readonly group: string; readonly where?: { readonly owner?: number } };
    };
    if (type !== 'realtime-subscribe') return;
    const { id, group, where } = data;
    const answer = { group, id, ack: true, error: '', docs: [], position: `${EPOCH}:0`, reset: true };
    socket.send(JSON.stringify({ type, data: answer, id: requestId }));
    const subscriber = { socket, id: JSON.stringify(id) };
    if (where?.owner === undefined) shared.push(subscriber);
    else byOwner.set(where.owner, subscriber);
  });
});
await once(server, 'listening');
tell({ kind: 'ready', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

process.on('message', (message: ToServer) => {
  if (message.kind === 'feed') void feed(message).then(tell);
  else end();
});

async function feed({ perSecond, seconds, owners }: Extract<ToServer, { kind: 'feed' }>): Promise<FromServer> {
  const begin = performance.now();
  const cpu = process.cpuUsage();
  let sent = 0;
  while (performance.now() - begin < seconds * 1000) {
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
    const sentAt = performance.timeOrigin + performance.now();
    for (; sent < due; sent++) send(sent % owners, sent, sentAt);
    await wait(TICK_MS);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { kind: 'fed', sent, cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - begin) / 1000 };
}

/** The text is made once for all who get it, but for their ids. */
function send(owner: number, value: number, sentAt: number): void {
  const payload = JSON.stringify({ _id: String(owner), id: owner, owner, value, sentAt });
  const time = Math.floor(Date.now() / 1000);
  const rest = `,"docId":"${owner}","type":"update","payload":${payload},"time":${time},"group":"items","dbType":"millrace","position":"${EPOCH}:${value}"},"id":""}`;
  for (const { socket, id } of shared) socket.send(`{"type":"realtime-feed","data":{"id":${id}${rest}`);
  const own = byOwner.get(owner);
  own?.socket.send(`{"type":"realtime-feed","data":{"id":${own.id}${rest}`);
}

function tell(message: FromServer): void {
  process.send?.(message);
}

function end(): void {
  for (const client of server.clients) client.terminate();
  server.close();
  process.disconnect();
}
