import type { CommandContext } from './context.ts';
import type { ExitReason } from './exit-codes.ts';

/** What a command does; what it gives becomes the exit code. */
export type Work = (context: CommandContext) => Promise<ExitReason>;
export type Run = (work: Work) => Promise<void>;
