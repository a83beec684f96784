import { readFile, readdir } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { jsonSchemas } from './schemas.ts';

const folder = new URL('../../schema/', import.meta.url);

test('the published JSON Schemas say what the program checks', async () => {
  const schemas = jsonSchemas();
  expect((await readdir(folder)).toSorted()).toEqual([...schemas.keys()].toSorted());
  for (const [file, text] of schemas) {
    const published: unknown = JSON.parse(await readFile(new URL(file, folder), 'utf8'));
    expect(published, `${file}: run write-schema.ts`).toEqual(JSON.parse(text));
  }
});
