import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { EXAMPLE, ROOT, TemporaryFolder, millrace } from './run-millrace.ts';

/** What a real bash offers at the end of a line, standing in a folder. */
async function completed(words: readonly string[], cwd = EXAMPLE): Promise<string[]> {
  using folder = new TemporaryFolder();
  const { out } = await millrace(['completions', 'bash']);
  const script = path.join(folder.path, 'millrace.bash');
  writeFileSync(script, out);
  const program = path.join(folder.path, 'millrace');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${path.join(ROOT, 'packages/server/bin/millrace.js')}" "$@"\n`);
  chmodSync(program, 0o755);
  const line = ['millrace', ...words].map((word) => `'${word}'`).join(' ');
  const asked = `source ${script}; COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _millrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, PATH: `${folder.path}:${process.env['PATH'] ?? ''}` };
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', asked], { cwd, env });
  return stdout.split('\n').filter((word) => word !== '');
}

test.each<[string, string[], string[]]>([
  ['commands', ['ex'], ['explain']],
  ['commands within a command', ['errors', ''], ['list', 'show', 'replay', 'drop']],
  ['options of the command', ['get', '--met'], ['--metadata']],
  ['options of all commands', ['get', 'orders', '--proj'], ['--project']],
  ['values of an option', ['--log-level', 'sil'], ['silent']],
  ['collections of the project', ['get', 'sv_'], ['sv_customers', 'sv_dishes', 'sv_menus']],
  ['views, where a view is asked for', ['explain', ''], ['sv_customers', 'sv_dishes', 'sv_menus']],
  ['nothing for a key', ['get', 'sv_menus', ''], []],
])('bash completes %s', async (_, words, expected) => {
  expect(await completed(words)).toEqual(expected);
});

test('collections are those of the project that is named', async () => {
  expect(await completed(['--project', EXAMPLE, 'get', 'sv_m'], '/')).toEqual(['sv_menus']);
  expect(await completed(['get', ''], '/')).toEqual([]);
});

test('every shell has a script that names every command', async () => {
  const { out: help } = await millrace(['--help']);
  const commands = [...help.matchAll(/^ {2}([a-z]+) (?:\[|<| ).*$/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'millrace' && name !== 'help');
  expect(commands.length).toBeGreaterThan(10);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out, code } = await millrace(['completions', shell]);
    expect(code).toBe(0);
    expect(commands.filter((command) => !out.includes(command))).toEqual([]);
  }
  expect(await millrace(['completions'])).toMatchObject({ code: 2 });
  expect(await millrace(['completions', 'tcsh'])).toMatchObject({ code: 2 });
});
