/** Before the first call: the file is being loaded. */
export const LOADING = -1;
/** Nothing has begun, or everything has ended. */
export const IDLE = -2;

/**
 * Which call a thread is at, and since when, in memory that both threads see: it can be read while the other one is in an endless loop.
 */
export class Progress {
  readonly buffer: SharedArrayBuffer;
  readonly #since: Float64Array;
  readonly #at: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(16)) {
    this.buffer = buffer;
    this.#since = new Float64Array(buffer, 0, 1);
    this.#at = new Int32Array(buffer, 8, 1);
  }

  begin(call: number): void {
    this.#since[0] = now();
    Atomics.store(this.#at, 0, call);
  }

  /** Index of the call, `LOADING` or `IDLE`. */
  get at(): number {
    return Atomics.load(this.#at, 0);
  }

  /** How long the present call has been running. */
  get elapsedMs(): number {
    return now() - (this.#since[0] as number);
  }
}

/** The same in every thread, unlike `performance.now()`. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
