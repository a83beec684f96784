import { setImmediate } from 'node:timers/promises';
import type { Project } from './project.ts';
import type { SteppedClock } from './stepped-clock.ts';

/** The engine of a project at work, until this is disposed of. */
export class Running implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(project: Project) {
    this.#done = project.engine.run(this.#stop.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

/** Lets time pass for an engine at work, in steps in which its lines look for work again. */
export async function pass(clock: SteppedClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= STEP_MS) {
    clock.advance(Math.min(STEP_MS, left));
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
  }
}

/** Longer than any line without work waits. */
const STEP_MS = 250;
const TURNS = 20;
