import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { Run } from '../run.ts';
import { requireProject } from '../project.ts';
import { line, painter } from '../terminal.ts';
import { runTests } from '../test/run-tests.ts';

export interface TestOptions {
  readonly watch?: boolean;
  readonly update?: boolean;
}

export function declareTest(program: Command, run: Run): void {
  program
    .command('test')
    .argument('[path...]', 'a view, a case, or a folder of them; all of them when absent')
    .summary('test single views against cases of your own')
    .description(
      'Builds documents from fixtures, through the stages of the engine but in memory, and compares them with what you expect.\n\n' +
        'A case is a folder tests/<view>/<case>:\n' +
        '  fixtures.json    {"<collection>": [documents as they stand in the projection, dates as ISO text]}\n' +
        '  identifier.json  what names the document, for example {"id": 42}; or a list of such\n' +
        '  expected.json    the document; null when none is wanted; a list where identifier.json is one\n' +
        'A validator is tested with tests/<view>/validator/valid/*.json and invalid/*.json: documents it has to accept, and to refuse.',
    )
    .option('--watch', 'run again when a file of the project changes')
    .option('--update', 'write expected.json instead of comparing with it: look at the difference before you keep it')
    .addHelpText(
      'after',
      `
Examples:
  millrace test
  millrace test sv_customers/ada
  millrace test tests/sv_customers --watch
  millrace test --json | jq 'select(.outcome == "failed")'

Exit code 1 when a test failed. In vitest and node:test: import { testProject } from 'millrace/testing'.
`,
    )
    .action((paths: string[], options: TestOptions) => run((context) => test(context, paths, options)));
}

export async function test(context: CommandContext, paths: readonly string[], options: TestOptions): Promise<ExitReason> {
  if (options.watch !== true) return (await runTests(context, await requireProject(context), { paths, ...options })) ? 'done' : 'refused';
  const { ProjectChanges } = await import('../watch/project-changes.ts');
  const { readProject } = await import('../project.ts');
  const { project: first } = await readProject(context);
  await using changes = await ProjectChanges.watch(context.folder, {
    ignored: ignoredOf(context, first?.config.data),
    signal: context.signal,
  });
  const attempt = async (): Promise<void> => {
    try {
      await runTests(context, await requireProject(context), { paths, ...options });
    } catch (error) {
      const { AppError } = await import('../../core/errors.ts');
      if (!(error instanceof AppError)) throw error;
      line(context.err, `${painter(context.err)('bad', 'error')} ${error.message}`);
    }
  };
  await attempt();
  while (!context.signal.aborted) {
    if (!context.json) line(context.out, painter(context.out)('quiet', '\nWaiting for changes, Ctrl-C ends'));
    const files = await changes.next();
    if (files.length > 0) await attempt();
  }
  return 'done';
}

function ignoredOf({ data }: CommandContext, configured: string | undefined): string[] {
  return [data, configured].filter((folder) => folder !== undefined);
}
