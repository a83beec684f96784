import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { setPaused } from './pause.ts';

export function declareResume(program: Command, run: Run): void {
  program
    .command('resume')
    .argument('[part]', 'a system or a single view')
    .summary('go on with what was paused')
    .description('Reads a paused system again from where it stopped, or builds what a paused single view has waiting.')
    .option('--all', 'all that is paused')
    .addHelpText('after', '\nExamples:\n  millrace resume ordering\n  millrace resume --all\n')
    .action((part: string | undefined, options: { readonly all?: boolean }) =>
      run((context) => setPaused(context, part, { ...options, paused: false })),
    );
}
