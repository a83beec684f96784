import type { Output, World } from '../../packages/server/src/cli/context.ts';
import { main } from '../../packages/server/src/cli/main.ts';
import { systemClock } from '../../packages/server/src/core/clock.ts';
import type { Project } from './project.ts';

class Recorder implements Output {
  text = '';
  readonly isTerminal = false;
  readonly colors = false;
  readonly columns = 100;

  write(text: string): void {
    this.text += text;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }
}

export interface CommandOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export type Input = AsyncIterable<Uint8Array> | string;

/** A command on a project's folder, beside its engine: it has connections of its own, as another process would. */
export async function command(project: Project, args: readonly string[], input: Input = ''): Promise<CommandOutcome> {
  const out = new Recorder();
  const err = new Recorder();
  const world: World = {
    workingFolder: project.folder,
    out,
    err,
    input: typeof input === 'string' ? bytesOf(input) : input,
    clock: systemClock,
    environment: project.deployment.environment,
    pid: process.pid,
    signal: new AbortController().signal,
    end: () => undefined,
  };
  const code = await main(args, world, '0.0.0');
  return { code, out: out.text, err: err.text };
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

export function lines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
