import type { MillraceError, RequestOptions } from '@millrace/client';
import { useSyncExternalStore } from 'react';
import { asMillraceError } from './client.ts';
import { token } from './token.ts';

export interface Polled<Value> {
  /** The last that was received; stays while the server is away. */
  readonly value: Value | undefined;
  readonly error: MillraceError | undefined;
}

const EVERY_MS = 1_000;

/** Something that is asked for again and again as long as somebody looks, and never twice at once. A hidden page asks nothing. */
export class Polling<Value> {
  readonly #ask: (options: RequestOptions) => Promise<Value>;
  readonly #onValue: (value: Value, wasAway: boolean) => void;
  readonly #listeners = new Set<() => void>();
  #state: Polled<Value> = { value: undefined, error: undefined };
  #stop: AbortController | undefined;

  constructor(ask: (options: RequestOptions) => Promise<Value>, onValue: (value: Value, wasAway: boolean) => void) {
    this.#ask = ask;
    this.#onValue = onValue;
    token.subscribe(() => {
      if (this.#stop !== undefined) this.retry();
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#stop === undefined) this.retry();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.abort();
      this.#stop = undefined;
    };
  };

  readonly snapshot = (): Polled<Value> => this.#state;

  /** Asks again, now. */
  readonly retry = (): void => {
    this.#stop?.abort();
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  };

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const value = await this.#ask({ signal });
        if (signal.aborted) return;
        this.#onValue(value, this.#state.error !== undefined);
        this.#set({ value, error: undefined });
      } catch (error) {
        if (signal.aborted) return;
        this.#set({ value: this.#state.value, error: asMillraceError(error) });
      }
      await pause(signal);
    }
  }

  #set(state: Polled<Value>): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export function usePolled<Value>(polling: Polling<Value>): Polled<Value> {
  return useSyncExternalStore(polling.subscribe, polling.snapshot);
}

/** While the page is hidden it lasts until the page is looked at again. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const look = (): void => {
      if (!document.hidden) end();
    };
    const timer = setTimeout(look, EVERY_MS);
    document.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
