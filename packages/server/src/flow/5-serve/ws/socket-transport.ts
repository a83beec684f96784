import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { SessionStats } from '../session-stats.ts';
import type { Transport } from '../session-types.ts';
import { textFrames } from './text-frames.ts';

/** Longest reason that fits a close frame, in bytes. */
const MAX_REASON_BYTES = 123;

/**
 * A WebSocket as the way to a client. Frames are written to the socket below it, which is sound because nothing is compressed: `ws` then
 * writes each of its own frames at once, too.
 */
export class SocketTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #stats: SessionStats;
  #onDrained: () => void = () => undefined;

  constructor(socket: WebSocket, stats: SessionStats) {
    this.#socket = socket;
    this.#stats = stats;
  }

  onDrained(listener: () => void): void {
    this.#onDrained = listener;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(texts: readonly string[]): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const bytes = textFrames(texts);
    this.#stats.framesOut += texts.length;
    this.#stats.bytesOut += bytes.length;
    this.#stats.writes++;
    below(this.#socket).write(bytes, (error) => {
      if (error === null || error === undefined) this.#onDrained();
    });
  }

  ping(payload: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping(payload);
  }

  close(code: number, reason: string): void {
    this.#socket.close(
      code,
      Buffer.from(reason)
        .subarray(0, MAX_REASON_BYTES)
        .toString()
        .replace(/\uFFFD$/, ''),
    );
  }
}

/** `ws` names it `_socket`, and documents it as such only by use. */
function below(socket: WebSocket): Socket {
  return (socket as unknown as { readonly _socket: Socket })._socket;
}
