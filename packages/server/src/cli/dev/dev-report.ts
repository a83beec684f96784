import { projectionsOf } from '../../core/definitions.ts';
import { CATALOGUE } from '../../core/errors.ts';
import type { AppError } from '../../core/errors.ts';
import type { Problem } from '../../core/problem.ts';
import type { CommandContext } from '../context.ts';
import { deploymentText } from '../deployment-text.ts';
import { countsText, printProblems, sortedProblems } from '../problems.ts';
import type { OpenedProject } from '../project.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';
import type { Paint } from '../terminal.ts';

const MOST_FILES = 3;

interface Ready {
  readonly isFirst: boolean;
  /** What changed; nothing at the first start. */
  readonly files: readonly string[];
  readonly notices: readonly string[];
  readonly url: string;
  readonly ms: number;
}

/** What a session says: one line for each thing that happens. */
export class DevReport {
  readonly #context: CommandContext;
  readonly #paint: Paint;

  constructor(context: CommandContext) {
    this.#context = context;
    this.#paint = painter(context.out);
  }

  ready({ config, definitions }: OpenedProject, { isFirst, files, notices, url, ms }: Ready): void {
    const { json, out, pid } = this.#context;
    if (json) return jsonLine(out, { event: isFirst ? 'ready' : 'reloaded', pid, http: url, files, notices, ms: Math.round(ms) });
    const counts = `${plural(projectionsOf(definitions).length, 'projection')}, ${plural(definitions.views.length, 'single view')}`;
    if (isFirst) this.#line('title', config.id, `${counts} ${this.#paint('quiet', deploymentText(config))}`);
    else if (files.length > 0) this.#line('name', 'changed', filesText(files));
    for (const notice of notices) this.#line('warning', 'notice', notice);
    if (isFirst) this.#line('good', 'serving', this.#paint('name', `${url}/-/console/`));
    this.#line(
      'good',
      isFirst ? 'ready' : 'reloaded',
      isFirst ? 'watching the files of the project, Ctrl-C stops' : `in ${Math.round(ms)} ms`,
    );
  }

  problems(problems: readonly Problem[]): void {
    const { json, out } = this.#context;
    if (json) return jsonLine(out, { event: hasErrors(problems) ? 'refused' : 'warned', problems: sortedProblems(problems) });
    printProblems(out, problems);
    if (hasErrors(problems)) line(out, this.#paint('bad', countsText(problems)));
  }

  /** A project that is right did not start. */
  failed({ code, message }: AppError): void {
    const { json, out } = this.#context;
    if (json) return jsonLine(out, { event: 'failed', code, message });
    this.#line('bad', 'failed', `${message} ${this.#paint('quiet', code)}`);
    line(out, `  ${this.#paint('quiet', 'cure')} ${CATALOGUE[code].cure}`);
  }

  keepsRunning(): void {
    this.#say('warning', 'kept', 'the last project that was right keeps running');
  }

  waiting(): void {
    this.#say('warning', 'waiting', 'for the project to be right');
  }

  healed(): void {
    const { json, out } = this.#context;
    if (json) return jsonLine(out, { event: 'healed' });
    this.#line('good', 'healed', 'no problems, and nothing to take over');
  }

  stopped(): void {
    const { json, out } = this.#context;
    if (json) jsonLine(out, { event: 'stopped' });
  }

  #say(meaning: 'warning', word: string, text: string): void {
    if (!this.#context.json) this.#line(meaning, word, text);
  }

  #line(meaning: 'title' | 'name' | 'warning' | 'good' | 'bad', word: string, text: string): void {
    line(this.#context.out, `${this.#paint(meaning, word)} ${text}`);
  }
}

function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

function filesText(files: readonly string[]): string {
  const more = files.length - MOST_FILES;
  return more > 0 ? `${files.slice(0, MOST_FILES).join(', ')} and ${plural(more, 'more file')}` : files.join(', ');
}
