import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';

/** Gives its exit code. A signal for this process is one for the program: what is to be done after it is still done. */
export async function runProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env });
  const pass = (name: NodeJS.Signals): void => void child.kill(name);
  process.on('SIGTERM', pass);
  // The terminal sends this one to the program too.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    process.off('SIGTERM', pass);
    process.off('SIGINT', ignore);
  }
}
