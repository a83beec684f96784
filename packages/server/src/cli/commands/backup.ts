import path from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import { Progress } from '../progress.ts';
import type { Run } from '../run.ts';
import { requireFolder } from '../require-folder.ts';
import { requireProject } from '../project.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';
import { bytesText } from '../topics/units.ts';

interface Options {
  readonly force?: boolean;
}

export function declareBackup(program: Command, run: Run): void {
  program
    .command('backup')
    .argument('<file>', 'where the backup is written')
    .summary('copy all data into one file')
    .description(
      'Copies log, projections, single views, queue and positions into one file: all that was committed at the moment when it begins. The engine may run meanwhile; nothing waits for it. The copy is checked before it has its name.',
    )
    .option('--force', 'replace a file of that name, once the new one is complete')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace backup monday.backup\n  millrace backup /backups/shop.backup --force\n\nThe way back: millrace restore.\n',
    )
    .action((file: string, options: Options) => run((context) => backup(context, file, options)));
}

export async function backup(context: CommandContext, file: string, { force = false }: Options): Promise<ExitReason> {
  const { config } = await requireProject(context);
  await requireFolder(config, 'backup');
  const { backUp } = await import('../../runtime/backup/back-up.ts');
  const target = path.resolve(context.workingFolder, file);
  const progress = new Progress(context, { label: 'Backup', unit: 'pages' });
  const { collections, documents, records, bytes } = await backUp(config.data, target, {
    force,
    signal: context.signal,
    onProgress: (state) => progress.update(state),
  }).finally(() => progress.end());
  if (context.json) jsonLine(context.out, { event: 'backed-up', file: target, bytes, collections, documents, records });
  else {
    const counts = `${plural(collections, 'collection')} with ${plural(documents, 'document')}, ${plural(records, 'log record')}`;
    line(context.out, `${painter(context.out)('good', '✓')} ${target}: ${bytesText(bytes)}, ${counts}`);
  }
  return 'done';
}
