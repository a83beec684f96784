import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ONLY, SIBLINGS } from './adapter-names.ts';
import { PARTS } from './import-table.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const SOURCES = path.join(ROOT, 'packages/server/src');

/** Tests, conformance suites and the support files of tests may import what they need to test. */
const TEST_FILE = /(?:\.test|-conformance(?:-[a-z-]+)?|\.test-support|test-support)\.ts$/;
const LARGEST_FILE_LINES = 500;
const LARGEST_MEDIAN_LINES = 100;

const files = globSync('**/*.ts', { cwd: SOURCES }).sort();
const programFiles = files.filter((file) => !TEST_FILE.test(file));
const textOf = (file: string): string => readFileSync(path.join(SOURCES, file), 'utf8');
const partOf = (file: string) => PARTS.find((part) => part.files.test(file));

function importsOf(text: string): string[] {
  const found = text.matchAll(/^(?:import|export)\s[^'"`;]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm);
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

/** Code without comments and texts, so that only real uses are seen. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '').replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''");
}

describe('imports', () => {
  test('every source file belongs to a part of the table', () => {
    expect(programFiles.filter((file) => partOf(file) === undefined)).toEqual([]);
  });

  test('no part imports another one that the table does not allow', () => {
    const wrong: string[] = [];
    for (const file of programFiles) {
      const part = partOf(file);
      for (const specifier of importsOf(textOf(file)).filter((name) => name.startsWith('.'))) {
        const target = path.posix.join(path.posix.dirname(file), specifier);
        const wanted = partOf(target);
        if (wanted === undefined) wrong.push(`${file} imports ${specifier}, which no part owns`);
        else if (wanted.name !== part?.name && part?.mayImport.includes(wanted.name) === false) {
          wrong.push(`${file} (${part.name}) imports ${target} (${wanted.name})`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test('modules of Node are imported at the edges only', () => {
    const wrong = programFiles.filter(
      (file) => partOf(file)?.node === false && importsOf(textOf(file)).some((name) => name.startsWith('node:')),
    );
    expect(wrong).toEqual([]);
  });

  test('the process is touched by composition roots only', () => {
    const wrong = programFiles.filter((file) => partOf(file)?.process === false && /(?<![.\w])process\s*[.[]/.test(codeOf(textOf(file))));
    expect(wrong).toEqual([]);
  });

  test('time comes from the clock', () => {
    const free = /^(?:core\/clock\.ts|cli\/|runtime\/|testing\/|sqlite\/|code\/)/;
    const wrong = programFiles.filter(
      (file) => !free.test(file) && /\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(/.test(codeOf(textOf(file))),
    );
    expect(wrong).toEqual([]);
  });

  test('no stage, and nothing that joins stages, names an adapter', () => {
    const adapters = /(?<![A-Za-z])(?:kafka|mongo|sqlite|embedded)|Kafka|Mongo|S[Qq][Ll]ite|Embedded/;
    // A field that users know by this name since before there was another log.
    const code = (file: string): string =>
      textOf(file)
        .replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '')
        .replaceAll('__internal__kafkaInfo', '');
    expect(programFiles.filter((file) => file.startsWith('flow/') && adapters.test(code(file)))).toEqual([]);
  });

  test('relative imports name the file, with its ending', () => {
    const wrong = programFiles.filter((file) =>
      importsOf(textOf(file)).some((name) => name.startsWith('.') && !/\.(?:ts|js|json)$/.test(name)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('adapters', () => {
  /** Names of an adapter's files from its folder, without its own name in front. */
  const namesOf = (port: string, adapter: string): Set<string> => {
    const folder = `${port}/${adapter}/`;
    const own = programFiles.filter((file) => file.startsWith(folder)).map((file) => file.slice(folder.length, -'.ts'.length));
    return new Set(own.map((name) => (name.startsWith(`${adapter}-`) ? name.slice(adapter.length + 1) : name)));
  };
  const onlyOne = SIBLINGS.flatMap(({ port, adapters: [one, other] }) => {
    const [ones, others] = [namesOf(port, one), namesOf(port, other)];
    const missing = (of: Set<string>, among: Set<string>, adapter: string): string[] =>
      [...of].filter((name) => !among.has(name)).map((name) => `${port}/${adapter}/${name}`);
    return [...missing(ones, others, one), ...missing(others, ones, other)];
  });

  test('of one port have the same files, but for those that only one needs, for a reason', () => {
    expect(onlyOne.filter((name) => ONLY[name] === undefined)).toEqual([]);
  });

  test('no reason is kept for what is not so', () => {
    expect(Object.keys(ONLY).filter((name) => !onlyOne.includes(name))).toEqual([]);
  });
});

describe('files', () => {
  const lines = new Map(programFiles.map((file) => [file, textOf(file).split('\n').length] as const));

  test('none is too long', () => {
    expect([...lines].filter(([, count]) => count > LARGEST_FILE_LINES)).toEqual([]);
  });

  test('the median is short', () => {
    const sorted = [...lines.values()].sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(LARGEST_MEDIAN_LINES);
  });

  test('nothing is typed any', () => {
    expect(files.filter((file) => /(?::|<|\bas)\s*any\b(?!\s*[\w'])|\bany\[\]/.test(codeOf(textOf(file))))).toEqual([]);
  });

  test('nothing is exported as default', () => {
    expect(files.filter((file) => /^export default\b/m.test(codeOf(textOf(file))))).toEqual([]);
  });
});
