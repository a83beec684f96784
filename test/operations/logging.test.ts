import { describe, expect, test, vi } from 'vitest';
import type { DeploymentName } from '../deployments/deployment.ts';
import { jsonLines } from '../e2e/run-millrace.ts';
import type { Outcome } from '../e2e/run-millrace.ts';
import { MARK, MARKED_NUMBER, markedFiles, markedMessages } from './marked-project.ts';
import { DEPLOYMENTS, PlacedProject } from './placed-project.ts';

/** Everything that a served run over the records and requests says. */
async function outputOf(deployment: DeploymentName, logging: Readonly<Record<string, unknown>>): Promise<Outcome> {
  await using project = new PlacedProject(deployment);
  await project.write(markedFiles({ logging: { level: 'trace', format: 'json', ...logging } }));
  await project.ingest(markedMessages());
  const { engine, http } = await project.start();
  await using _ = engine;
  const problems = async (): Promise<number> => {
    const { lag, errors, queued } = (await (await fetch(`${http}/-/pipeline`)).json()) as {
      lag: { records: number }[];
      errors: { count: number }[];
      queued: unknown[];
    };
    if (lag.some(({ records }) => records > 0) || queued.length > 0) return 0;
    return errors.reduce((sum, { count }) => sum + count, 0);
  };
  await vi.waitUntil(async () => (await problems()) >= 8, { timeout: 200_000, interval: 200 });
  const asked = [
    `/customers/${MARK}`,
    `/customers?_q=${encodeURIComponent(JSON.stringify({ name: { $bogus: MARK } }))}`,
    `/customers?name=${MARK}&${MARK}=1&_q={`,
    `/${MARK}/${MARK}`,
    `/%ZZ${MARK}`,
  ];
  for (const path of asked) await fetch(`${http}${path}`);
  return await engine.stop();
}

describe.concurrent('what a run says', { timeout: 300_000 }, () => {
  test.each(DEPLOYMENTS)('holds nothing of a record, on %s', async (deployment) => {
    const { code, out, err } = await outputOf(deployment, {});
    expect(code).toBe(0);
    const lines = `${out}${err}`.split('\n').filter((line) => line.includes(MARK) || line.includes(String(MARKED_NUMBER)));
    expect(lines).toEqual([]);
    // It did speak of them, and of what it does.
    const said = jsonLines(err) as { msg: string; said?: string; reason?: string }[];
    expect([...new Set(said.map(({ msg }) => msg))]).toEqual(expect.arrayContaining(['User code says', 'User code printed', 'Request']));
    expect(said.some((line) => line.said?.startsWith('Casting #') === true)).toBe(true);
    expect(said.some((line) => line.reason?.includes('error that nobody caught: nobody catches #') === true)).toBe(true);
  });

  test('holds it where that is configured', async () => {
    const { err } = await outputOf('embedded', { keys: 'plain' });
    expect(err.includes(MARK)).toBe(true);
  });
});

const TOKEN = 'tkn-"Secret-81/4 7';

describe.concurrent('no run says', { timeout: 300_000 }, () => {
  test.each([
    ['a token', { http: { port: 0, token: TOKEN } }, {}],
    [
      'the password of a database that does not answer',
      { store: { use: 'mongo' } },
      { MILLRACE_MONGODB_URL: 'mongodb://mill:pa%2Fss-81@127.0.0.1:1/?serverSelectionTimeoutMS=500' },
    ],
    [
      'the password of brokers that do not answer',
      { log: { use: 'kafka', kafka: { sasl: { mechanism: 'PLAIN', username: 'mill', password: 'pa/ss-81' } } } },
      { MILLRACE_KAFKA_BROKERS: '127.0.0.1:1' },
    ],
  ])('%s', async (_, top, environment) => {
    await using project = new PlacedProject('embedded', environment);
    await project.write(markedFiles({ ...top, logging: { level: 'trace', format: 'json' } }));
    await using engine = project.begin();
    await vi.waitUntil(() => /"ready"|UNREACHABLE/.test(`${engine.output}${engine.errors}`), { timeout: 200_000 });
    const { out, err } = await engine.stop();
    for (const secret of [TOKEN, JSON.stringify(TOKEN).slice(1, -1), 'pa/ss-81', 'pa%2Fss-81']) expect(out + err).not.toContain(secret);
  });
});
