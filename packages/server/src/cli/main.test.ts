import { expect, test } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { CATALOGUE } from '../core/errors.ts';
import type { Output, World } from './context.ts';
import { main } from './main.ts';

class Recorder implements Output {
  text = '';
  readonly isTerminal = false;
  readonly colors = false;
  readonly columns = 100;
  write(text: string): void {
    this.text += text;
  }
  drained(): Promise<void> {
    return Promise.resolve();
  }
}

async function run(...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const out = new Recorder();
  const err = new Recorder();
  const world: World = {
    workingFolder: '/nowhere',
    out,
    err,
    input: (async function* () {})(),
    clock: systemClock,
    environment: {},
    pid: 1,
    signal: new AbortController().signal,
    end: () => undefined,
  };
  return { code: await main(argv, world, '1.2.3'), out: out.text, err: err.text };
}

test('the version and the help go to standard output', async () => {
  expect(await run('--version')).toEqual({ code: 0, out: '1.2.3\n', err: '' });
  const help = await run('help', 'ingest');
  expect(help).toMatchObject({ code: 0, err: '' });
  expect(help.out).toContain('--skip-malformed');
  expect(help.out).toContain('--project');
});

test('a folder without a project is a problem of check, and a refused configuration elsewhere', async () => {
  expect(await run('check')).toMatchObject({ code: 1, out: expect.stringContaining('CONFIG_FILE_MISSING') });
  expect(await run('start')).toMatchObject({ code: 3, out: '', err: expect.stringContaining('CONFIGURATION_REFUSED') });
});

test('with --json errors are objects on standard error', async () => {
  const { err } = await run('explain', '--json');
  const lines = err
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([
    { event: 'problem', code: 'CONFIG_FILE_MISSING' },
    { event: 'error', code: 'CONFIGURATION_REFUSED' },
  ]);
});

test('wrong usage is told with a way out', async () => {
  const { cure } = CATALOGUE.WRONG_USAGE;
  for (const [argv, message] of [
    [['chek'], 'Unknown command "chek", did you mean check'],
    [['get'], 'Missing required argument "collection"'],
    [['start', '--prot', '1'], 'Unknown option "--prot", did you mean --port or --prod'],
    [['completions', 'tcsh'], 'Command-argument value "tcsh" is invalid for argument "shell". Allowed choices are bash, zsh, fish'],
  ] as const) {
    expect(await run(...argv)).toEqual({ code: 2, out: '', err: `error ${message} WRONG_USAGE\n  cure ${cure}\n` });
    const { code, out, err } = await run(...argv, '--json');
    expect([code, out, JSON.parse(err)]).toEqual([2, '', { event: 'error', code: 'WRONG_USAGE', message, cure }]);
  }
});
