import type { LineReport } from '../../flow/flow.ts';
import type { ViewDefinition } from '../../core/view.ts';

/** A batch may take so long, where no function of the user may take longer. */
const LEAST_BUSY_MS = 60_000;
/** What fails for so long has not been cured by waiting. */
const FAILING_MS = 10_000;

export interface StuckLine {
  readonly line: string;
  readonly role: string;
  /** ms since 1970. */
  readonly since: number;
  readonly why: string;
}

/** A batch that is in hand for longer is stuck: it waits for something that does not come. */
export function longestBatchMs(views: readonly Pick<ViewDefinition, 'maxProcessingMs'>[]): number {
  return Math.max(LEAST_BUSY_MS, ...views.map(({ maxProcessingMs }) => 2 * maxProcessingMs));
}

/** Lines that do not get on: their work fails again and again, or they are with one batch for too long. One that waits for records is none. */
export function stuckLines(lines: readonly LineReport[], { now, busyMs }: { readonly now: number; readonly busyMs: number }): StuckLine[] {
  return lines.flatMap(({ name, role, failingSince, busySince, error }): StuckLine[] => {
    if (failingSince !== null && now - failingSince >= FAILING_MS)
      return [{ line: name, role, since: failingSince, why: error ?? 'Its work fails again and again' }];
    if (busySince !== null && now - busySince >= busyMs)
      return [{ line: name, role, since: busySince, why: 'It is still at the same batch' }];
    return [];
  });
}

/** One sentence, for people. */
export function stuckText({ line, role, since, why }: StuckLine, now: number): string {
  const seconds = Math.round((now - since) / 1_000);
  return `${role} ${line} has not got on for ${seconds} seconds, since ${new Date(since).toISOString()}: ${why}`;
}
