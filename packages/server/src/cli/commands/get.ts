import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { chunksOf } from '../get/find-documents.ts';
import { parseRequest } from '../get/parse-request.ts';
import type { GetOptions } from '../get/parse-request.ts';
import { renderRecord } from '../get/render-record.ts';
import type { Run } from '../run.ts';
import { requireProject } from '../project.ts';
import { line } from '../terminal.ts';

export function declareGet(program: Command, run: Run): void {
  program
    .command('get')
    .argument('<collection>', 'a projection or a single view')
    .argument('[key]', 'the value of the key; a JSON object where the key has several fields')
    .summary('print documents')
    .description(
      'Prints documents of a projection or a single view, one line of extended JSON each. The engine need not run; reading never blocks it.',
    )
    .option('--query <json>', 'only documents that match a filter of the MongoDB kind')
    .option('--sort <json>', 'order, for example {"name": 1, "since": -1}')
    .option('--limit <n>', 'at most so many')
    .option('--skip <n>', 'without the first so many')
    .option('--state <states>', 'PUBLIC alone when absent; a list such as DRAFT,DELETED, or all')
    .option('--metadata', 'with _id, __STATE__, timestamps and the origin in the log')
    .option('--pretty', 'indented, for people')
    .addHelpText(
      'after',
      `
Examples:
  millrace get sv_customers 42 --pretty
  millrace get dish_allergens '{"dishId": "D-7", "allergenCode": "GLU"}'
  millrace get orders --query '{"status": "riding"}' --sort '{"placedAt": -1}' --limit 5

Exit code 1 when a KEY is given and no document has it.
`,
    )
    .action((collection: string, key: string | undefined, options: GetOptions) => run((context) => get(context, collection, key, options)));
}

export async function get(context: CommandContext, collection: string, key: string | undefined, options: GetOptions): Promise<ExitReason> {
  const project = await requireProject(context);
  const request = parseRequest(project.plan, { collection, key, options });
  const { openReader } = await import('../../runtime/registry.ts');
  await using reader = await openReader(project.config);
  let count = 0;
  for await (const records of chunksOf(reader, request)) {
    for (const record of records) line(context.out, renderRecord(record, request.kind, options));
    count += records.length;
    await context.out.drained();
  }
  return count === 0 && key !== undefined ? 'refused' : 'done';
}
