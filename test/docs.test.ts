import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { referencePages } from '../scripts/reference/pages.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** Of `docs/reference`: written by hand. */
const WRITTEN = ['http.md', 'live-protocol.md', 'messages.md'];

describe('reference pages', () => {
  const pages = referencePages();

  // Formatting is the formatter's: words and their order must agree, both ways.
  test.each([...pages])('%s says what the program says (npm run docs)', (name, text) => {
    expect(wordsOf(read(`docs/reference/${name}`))).toEqual(wordsOf(text));
  });

  test('there is no reference page that nothing makes', () => {
    expect(globSync('*.md', { cwd: path.join(ROOT, 'docs/reference') }).sort()).toEqual([...pages.keys(), ...WRITTEN].sort());
  });
});

describe('documents', () => {
  const documents = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    ...globSync('docs/**/*.md', { cwd: ROOT, exclude: ['docs/node_modules'] }),
  ];

  test.each(documents)('%s links to files that are there', (document) => {
    const links = [...read(document).matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    expect(links.filter((link) => !existsSync(path.resolve(ROOT, path.dirname(document), link)))).toEqual([]);
  });

  test.each(documents)('%s names files of the repository that are there', (document) => {
    const names = [...read(document).matchAll(/`((?:packages|test|scripts|examples|docs|bench)\/[\w./-]+\.\w+)`/g)].map(
      (match) => match[1] ?? '',
    );
    expect(names.filter((name) => !existsSync(path.join(ROOT, name)))).toEqual([]);
  });
});

/** Words without escapes, emphasis and table rules. */
function wordsOf(text: string): string[] {
  return text
    .replaceAll(/\\(?=[_*|<>{}[\]])/g, '')
    .split(/[\s|]+/)
    .filter((word) => word !== '' && !/^-+$/.test(word));
}
