import { expect, test } from 'vitest';

import { resolveSecret } from './secret.ts';

test.each(['constructor', '__proto__', 'toString'])('the variable %s, which every object inherits, is not set', async (key) => {
  for (const env of [{}, process.env]) {
    expect(await resolveSecret({ type: 'env', key }, { folder: '.', env })).toMatchObject({
      fault: `The environment variable ${key} is not set`,
    });
  }
});

test('a variable that is set is the secret', async () => {
  const secret = await resolveSecret({ type: 'env', key: 'TOKEN' }, { folder: '.', env: { TOKEN: 'word' } });
  expect(secret).toEqual({ value: 'word' });
});
