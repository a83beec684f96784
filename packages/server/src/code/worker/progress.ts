import { writeSync } from 'node:fs';

/** Before the first call: the file is being loaded. */
export const LOADING = -1;
/** Nothing has begun, or everything has ended. */
export const IDLE = -2;

const BYTES = 4;

/**
 * In the process of user code: says which call begins, before it begins. Written at once, so that it is known even when the call never
 * ends, or ends the process.
 */
export class ProgressWriter {
  readonly #descriptor: number;
  readonly #bytes = Buffer.alloc(BYTES);

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Index of the call, `LOADING` or `IDLE`. */
  begin(call: number): void {
    this.#bytes.writeInt32LE(call);
    writeSync(this.#descriptor, this.#bytes);
  }
}

/** In the engine: which call the process of user code is at, and since when, from what the process writes. */
export class Progress {
  #at = IDLE;
  #since = performance.now();
  #rest: Buffer = Buffer.alloc(0);

  begin(call: number): void {
    this.#at = call;
    this.#since = performance.now();
  }

  /** Takes what has been written: the last number counts. */
  receive(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - (bytes.length % BYTES);
    if (whole > 0) this.begin(bytes.readInt32LE(whole - BYTES));
    this.#rest = bytes.subarray(whole);
  }

  /** Index of the call, `LOADING` or `IDLE`. */
  get at(): number {
    return this.#at;
  }

  /** How long the present call has been known to run. */
  get elapsedMs(): number {
    return performance.now() - this.#since;
  }
}
