import { systemClock } from '../../packages/server/src/core/clock.ts';
import { ManualClock } from '../../packages/server/src/testing/manual-clock.ts';

const LONGEST_MS = 20;

/**
 * A clock that stands still until a test moves it, beside servers that have a time of their own: who sleeps really sleeps, but not for
 * long. Nobody waits for a time to come.
 */
export class PatientClock extends ManualClock {
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await systemClock.sleep(Math.min(ms, LONGEST_MS), signal);
  }
}
