import { expect, test } from 'vitest';
import { connect } from '../../packages/client/src/millrace.ts';
import { ServedProject } from '../served/served-project.ts';
import { ROWS, thingsWith } from '../served/things.ts';
import { eventually } from './eventually.ts';

const TOKEN = 'a-token-that-nobody-guesses';

test('with the token everything is served, without it nothing, and no attempt is repeated', async () => {
  await using served = await ServedProject.open(thingsWith({ token: TOKEN }));
  await served.process(...ROWS);
  using good = connect(served.url, { token: () => Promise.resolve(TOKEN) });
  const query = good.liveQuery('things');
  query.subscribe(() => undefined);
  await eventually(() => expect(query.current()).toMatchObject({ status: 'live', rows: { length: 4 } }));
  expect(await good.count('things')).toBe(4);

  let asked = 0;
  const wrong = () => {
    asked++;
    return 'another';
  };
  using bad = connect(served.url, { token: wrong, backoff: { firstMs: 1, maxMs: 1 } });
  const refused = bad.liveQuery('things');
  refused.subscribe(() => undefined);
  await eventually(() => expect(refused.current()).toMatchObject({ status: 'failed', rows: [], error: { code: 'UNAUTHORIZED' } }));
  await expect(bad.get('things')).rejects.toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
  expect(asked).toBe(2);
});
