import path from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { Run } from '../run.ts';
import { requireFolder } from '../require-folder.ts';
import { requireProject } from '../project.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

export function declareRestore(program: Command, run: Run): void {
  program
    .command('restore')
    .argument('<file>', 'a backup')
    .summary('put a backup in the place of the data')
    .description(
      'Replaces all data of the project by those of a backup. The engine must be stopped. The backup is checked first; until it is in place the data stay as they are. Live clients begin anew.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  millrace restore monday.backup\n  millrace restore monday.backup --data ./elsewhere\n\nExit code 4 while an engine runs.\n',
    )
    .action((file: string) => run((context) => restoreBackup(context, file)));
}

export async function restoreBackup(context: CommandContext, file: string): Promise<ExitReason> {
  const { config } = await requireProject(context);
  await requireFolder(config, 'restore');
  const { restore } = await import('../../runtime/backup/restore.ts');
  const { collections, documents, records } = restore(config.data, path.resolve(context.workingFolder, file), context.pid);
  if (context.json) jsonLine(context.out, { event: 'restored', data: config.data, collections, documents, records });
  else {
    const counts = `${plural(collections, 'collection')} with ${plural(documents, 'document')}, ${plural(records, 'log record')}`;
    line(context.out, `${painter(context.out)('good', '✓')} ${counts} in ${config.data}`);
  }
  return 'done';
}
