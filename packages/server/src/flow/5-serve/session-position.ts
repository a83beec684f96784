import type { LivePosition } from './live.ts';

/** A position as clients see it: a text that means nothing to them. */
export function positionText({ epoch, sequence }: LivePosition): string {
  return `${epoch}:${sequence}`;
}

/** Undefined where the text is none of ours: what the client holds is then of unknown age. */
export function parsePosition(text: string): LivePosition | undefined {
  const match = /^(.{1,100}):(\d{1,15})$/.exec(text);
  return match === null ? undefined : { epoch: match[1] as string, sequence: Number(match[2]) };
}
