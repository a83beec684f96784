import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { ExampleProject, MillraceProcess, jsonLines } from './run-millrace.ts';

const RESTAURANT = 'test/e2e/restaurant.ndjson';

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('start serves what get shows, says where, and ends well when it is asked to', async () => {
  using project = new ExampleProject();
  await project.run('ingest', [RESTAURANT]);
  const port = await freePort();
  await using engine = new MillraceProcess(['start', '--json', '--port', String(port), ...project.options]);
  await engine.printed(/"event":"ready"/);
  const url = `http://127.0.0.1:${port}`;
  await expect.poll(async () => (await fetch(`${url}/sv_menus/count`)).json(), { timeout: 20_000 }).toBe(1);

  const query = '{"dishes.price":{"$gt":10}}';
  const shown = await project.documents('sv_menus', ['--query', query, '--metadata']);
  const answer = await fetch(`${url}/sv_menus?_q=${encodeURIComponent(query)}`, { headers: { accept: 'application/ejson+json' } });
  const served = (await answer.json()) as Record<string, unknown>[];
  expect(served).toHaveLength(1);
  expect(shown).toMatchObject(served);
  expect((await fetch(`${url}/`, { redirect: 'manual' })).headers.get('location')).toBe('/-/console/');
  expect((await fetch(`${url}/-/ready`)).status).toBe(200);

  const { code, out } = await engine.stop();
  expect(code).toBe(0);
  expect(jsonLines(out)[0]).toMatchObject({ event: 'ready', pid: expect.any(Number), http: url });
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('a port that is in use is said, and nothing is left running', async () => {
  using project = new ExampleProject();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const outcome = await project.run('start', ['--json', '--port', String(port)]);
  other.close();
  expect(outcome.code).toBe(1);
  expect(jsonLines(outcome.err).at(-1)).toMatchObject({
    event: 'error',
    code: 'PORT_IN_USE',
    message: expect.stringContaining(String(port)),
  });
});

test('who runs until all is done serves nobody, unless a port is named', async () => {
  using project = new ExampleProject();
  const [silent] = jsonLines((await project.run('start', ['--until-idle', '--json'])).out);
  expect(silent).not.toHaveProperty('http');
  const [serving] = jsonLines((await project.run('start', ['--until-idle', '--json', '--port', '0'])).out);
  expect(serving).toMatchObject({ http: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
});
