import { AppError } from '../../core/errors.ts';
import type { inspectFile } from '../../runtime/load/inspect-file.ts';
import type { CommandContext } from '../context.ts';
import type { OpenedProject } from '../project.ts';

type LoadFile = Awaited<ReturnType<typeof inspectFile>>;
type LoadFormat = LoadFile['format'];

export interface LoadInput {
  readonly files: readonly LoadFile[];
  /** Path of the file in which the standard input was kept; null without it. */
  readonly spool: string | null;
}

export function positive(text: string, name: string, least: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new AppError('WRONG_USAGE', `${name} is "${text}", expected a whole number from ${least}`);
}

export function delimiterOf(text: string): string {
  const delimiter = text === 'tab' ? '\t' : text;
  if (delimiter.length === 1 && !['"', '\n', '\r'].includes(delimiter)) return delimiter;
  throw new AppError('WRONG_USAGE', `--delimiter is ${JSON.stringify(text)}, expected one character that is no quote, or tab`);
}

export function formatOf(text: string | undefined): LoadFormat | undefined {
  if (text === undefined || text === 'ndjson' || text === 'csv') return text;
  throw new AppError('WRONG_USAGE', `--format is "${text}", expected ndjson or csv`);
}

/** The files as they are now. The standard input is kept in the data folder first. */
export async function filesOf(
  context: CommandContext,
  project: OpenedProject,
  names: readonly string[],
  format: LoadFormat | undefined,
): Promise<LoadInput> {
  const { inspectFile } = await import('../../runtime/load/inspect-file.ts');
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new AppError('WRONG_USAGE', `The file ${twice} is named twice`);
  if (!names.includes('-')) {
    const files: LoadFile[] = [];
    for (const name of names) files.push(await inspectFile(name, { folder: context.workingFolder, format }));
    return { files, spool: null };
  }
  if (names.length > 1) throw new AppError('WRONG_USAGE', 'The standard input (-) is loaded alone, without other files');
  const { spool } = await import('../../runtime/load/request-load.ts');
  const kept = await spool(project, context.input);
  const file = await inspectFile(kept, { folder: context.workingFolder, format });
  return { files: [{ ...file, name: 'the standard input' }], spool: kept };
}
