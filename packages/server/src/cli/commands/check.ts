import type { Command } from 'commander';
import type { Problem } from '../../core/problem.ts';
import { codeProblems } from '../code-problems.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { Run } from '../run.ts';
import { countsText, printProblems, sortedProblems } from '../problems.ts';
import { readProject } from '../project.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

export function declareCheck(program: Command, run: Run): void {
  program
    .command('check')
    .summary('find all problems of the configuration')
    .description(
      'Reads all files of the project and reports all that is wrong or doubtful at once, each with its place and its cure.\nNothing is started, nothing is written.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  millrace check\n  millrace check --json | jq .message\n\nExit code 1 where there are errors, 0 with warnings alone.\n',
    )
    .action(() => run(check));
}

export async function check(context: CommandContext): Promise<ExitReason> {
  const { project, problems: found, locate } = await readProject(context);
  const problems: readonly Problem[] = project === null ? found : [...found, ...locate(await codeProblems(project))];
  const failed = problems.some((problem) => problem.severity === 'error');
  const { out } = context;
  if (context.json) {
    for (const problem of sortedProblems(problems)) jsonLine(out, problem);
    return failed ? 'refused' : 'done';
  }
  const paint = painter(out);
  printProblems(out, problems);
  if (failed) line(out, `\n${paint('bad', countsText(problems))}`);
  else {
    const { systems = [], views = [] } = project?.definitions ?? {};
    const projections = systems.reduce((sum, system) => sum + system.projections.length, 0);
    const counts = `${plural(systems.length, 'system')}, ${plural(projections, 'projection')}, ${plural(views.length, 'single view')}`;
    line(out, `${paint('good', '✓')} ${counts}${problems.length === 0 ? ': no problems' : `, ${countsText(problems)}`}`);
  }
  return failed ? 'refused' : 'done';
}
