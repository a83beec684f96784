import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { put } from '../specification/messages.ts';
import { ServedProject } from './served-project.ts';
import { Watch, connect } from './space-api.ts';

let project: ServedProject;
beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  project = await ServedProject.open({
    top: { id: 'demo', http: { port: 0, token: 'right', origins: ['https://app.example.com'] } },
    projections: { items: { id: 'string!', name: 'string' } },
  });
  await project.ingest(put('items', { id: 'i-1', name: 'pen' }));
});
afterAll(() => project[Symbol.asyncDispose]());

describe('where there is a token', () => {
  test('the unmodified client reads and subscribes with it', async () => {
    const api = connect('demo', project.url);
    api.setToken('right');
    await vi.waitUntil(async () => (await api.Mongo().get('items').apply()).data.result !== undefined);
    const watch = new Watch(api.Mongo().liveQuery('items'));
    await vi.waitUntil(() => watch.ids.length === 1);
    expect(watch.errors).toEqual([]);
  });

  test.each([undefined, 'wrong'])('it is told so when it shows %s', async (token) => {
    const api = connect('demo', project.url);
    if (token !== undefined) api.setToken(token);
    const answer = await api.Mongo().get('items').apply();
    expect(answer).toMatchObject({ status: 401, data: { error: expect.stringContaining('token') as string } });
    const watch = new Watch(api.Mongo().liveQuery('items'));
    await vi.waitUntil(() => watch.errors.length === 1);
    expect(watch.errors[0]).toContain('token');
    expect(watch.calls).toEqual([]);
  });
});

describe('a web page', () => {
  test.each([
    ['of an allowed origin opens a socket', 'https://app.example.com', 101],
    ['of the server itself opens one', undefined, 101],
    ['of another origin does not', 'https://evil.example.com', 403],
  ])('%s', async (_, origin, status) => {
    const url = `${project.url.replace('http', 'ws')}/v1/api/socket/json`;
    const socket = new WebSocket(url, { origin: origin ?? project.url });
    onTestFinished(() => socket.terminate());
    const answered = await new Promise((resolve) => {
      socket.on('upgrade', () => resolve(101));
      socket.on('unexpected-response', (_request, response) => {
        // The connection is not left open.
        response.socket.once('close', () => resolve(response.statusCode));
        response.resume();
      });
      socket.on('error', () => undefined);
    });
    expect(answered).toBe(status);
  });

  test('of an allowed origin may ask what it may send', async () => {
    const answer = await fetch(`${project.url}/v1/api/demo/crud/mongo/items/read`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://app.example.com',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
  });
});
