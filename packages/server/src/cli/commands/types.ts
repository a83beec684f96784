import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { AppError, messageOf } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { requireProject } from '../project.ts';
import type { Run } from '../run.ts';
import { jsonLine, line, painter } from '../terminal.ts';
import { typesFile } from '../types/types-file.ts';

interface TypesOptions {
  readonly out?: string;
  readonly check?: boolean;
}

export function declareTypes(program: Command, run: Run): void {
  program
    .command('types')
    .summary('write TypeScript types of all documents')
    .description(
      'Writes TypeScript types of the documents of all projections and single views, and of their keys, for programs that read them with @millrace/client. What functions of yours make is unknown.',
    )
    .option('--out <file>', 'write to a file, which is left alone where it is right already; to standard output when absent')
    .option('--check', 'write nothing: tell whether the file of --out is right')
    .addHelpText(
      'after',
      `
Examples:
  millrace types --out src/millrace-types.ts
  millrace types --out src/millrace-types.ts --check

Then:
  import { connect } from '@millrace/client';
  import type { Collections, Keys } from './millrace-types.ts';
  const client = connect<Collections, Keys>('http://127.0.0.1:4122');

Exit code 1 with --check where the file is missing or differs.
`,
    )
    .action((options: TypesOptions) => run((context) => types(context, options)));
}

export async function types(context: CommandContext, { out, check }: TypesOptions): Promise<ExitReason> {
  if (check === true && out === undefined)
    throw new AppError('WRONG_USAGE', '--check stands alone: expected --out with the file to look at');
  const { config, definitions, plan } = await requireProject(context);
  const text = typesFile(config.id, definitions, plan);
  if (out === undefined) {
    if (context.json) jsonLine(context.out, { event: 'types', text });
    else context.out.write(text);
    return 'done';
  }
  const file = path.resolve(context.workingFolder, out);
  const before = await textOf(file);
  const isRight = before === text;
  if (check !== true && !isRight) await write(file, text);
  report(context, { file: out, isRight, isMissing: before === undefined, isCheck: check === true });
  return check === true && !isRight ? 'refused' : 'done';
}

interface Report {
  readonly file: string;
  readonly isRight: boolean;
  readonly isMissing: boolean;
  readonly isCheck: boolean;
}

function report({ out, json }: CommandContext, { file, isRight, isMissing, isCheck }: Report): void {
  const state = isRight ? 'unchanged' : !isCheck ? 'written' : isMissing ? 'missing' : 'different';
  if (json) return jsonLine(out, { event: 'types', file, state });
  const paint = painter(out);
  if (isRight) line(out, `${paint('good', '✓')} ${file} is right`);
  else if (!isCheck) line(out, `${paint('good', '✓')} ${file} written`);
  else line(out, `${paint('bad', '✗')} ${file} ${isMissing ? 'is missing' : 'differs from the project'}: run it without --check`);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AppError('UNREADABLE_INPUT', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new AppError('OUTPUT_FAILED', `${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
