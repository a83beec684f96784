import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { parseRequest } from '../get/parse-request.ts';
import { runJob } from '../jobs/run-job.ts';
import { requireProject } from '../project.ts';
import type { Run } from '../run.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

interface Options {
  readonly rewrite?: boolean;
}

interface Result {
  readonly logRecords: number;
  readonly deadLetters: number;
  readonly record: boolean;
  readonly notReached: readonly string[];
}

export function declareErase(program: Command, run: Run): void {
  program
    .command('erase')
    .argument('<projection>', 'a projection')
    .argument('<key>', 'the value of the key; a JSON object where the key has several fields')
    .summary('remove a key from all that is kept of it')
    .description(
      'For requests of privacy: removes a record of a projection, and by way of that all that single views show of it; its dead letters; and key, value and headers of the records of the log that were read. No memory of the key stays (where processes share a store: its id alone, for as long as deleted keys are remembered): delete it at its source first, since a change that comes later makes it anew. Cannot be undone.',
    )
    .option('--rewrite', 'write the data file anew, so that no trace stays in its free space: the engine waits, some seconds per gigabyte')
    .addHelpText(
      'after',
      `
Examples:
  millrace erase customers 42
  millrace erase dish_allergens '{"dishId": "D-7", "allergenCode": "GLU"}'

It says what it did, and what it did not reach: backups, for example.
`,
    )
    .action((collection: string, key: string, options: Options) => run((context) => erase(context, { collection, key, options })));
}

interface What {
  readonly collection: string;
  readonly key: string;
  readonly options: Options;
}

export async function erase(context: CommandContext, { collection, key, options }: What): Promise<ExitReason> {
  const project = await requireProject(context);
  const { id, kind } = parseRequest(project.plan, { collection, key, options: {} });
  if (kind === 'view') {
    throw new AppError('WRONG_USAGE', `${collection} is a single view: expected a projection, from which its documents are made`);
  }
  const display = { label: labelOf, unit: 'records' };
  const request = { id: id ?? '', ...(options.rewrite === true ? { rewrite: true } : {}) };
  const status = await runJob(context, project, { type: 'erase', scope: collection, request }, display);
  if (status === null) return 'done';
  const { spooledInputs } = await import('../../runtime/load/request-load.ts');
  const kept = (await spooledInputs(project.config.data)).map((file) => `the input of a load, which is kept until that has ended: ${file}`);
  const found = status.result as unknown as Result;
  const result = { ...found, notReached: [...kept, ...found.notReached] };
  const { out } = context;
  const nothing = !result.record && result.logRecords + result.deadLetters === 0;
  if (context.json) {
    jsonLine(out, { event: 'erased', collection, ...result });
    return nothing ? 'refused' : 'done';
  }
  const paint = painter(out);
  if (nothing) line(out, `${paint('warning', 'nothing found')} no record of ${collection} with this key, and none in the log`);
  else {
    line(out, `${paint('good', '✓')} erased`);
    line(out, `  ${result.record ? 'the record, and what single views showed of it' : 'no record was stored'}`);
    line(out, `  ${plural(result.logRecords, 'record')} of the log, ${plural(result.deadLetters, 'dead letter')}`);
  }
  line(out, paint('quiet', 'Not reached:'));
  for (const what of result.notReached) line(out, paint('quiet', `  ${what}`));
  return nothing ? 'refused' : 'done';
}

function labelOf(phase: string): string {
  switch (phase) {
    case 'wait':
      return 'Waiting for the log to be read';
    case 'log':
      return 'Erasing from the log';
    case 'views':
      return 'Waiting for single views';
    default:
      return 'Erasing';
  }
}
