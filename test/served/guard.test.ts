import { describe, expect, test } from 'vitest';
import { ServedProject } from './served-project.ts';
import { ROWS, thingsWith } from './things.ts';

interface Case {
  readonly http?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly expected: number;
}

const TOKEN = { token: 'open-sesame' };
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe('who may call', () => {
  const cases: Readonly<Record<string, Case>> = {
    'by the address it listens on': { expected: 200 },
    'by the name of this machine': { headers: { host: 'localhost:80' }, expected: 200 },
    'by IPv6': { headers: { host: '[::1]:4122' }, expected: 200 },
    'not by the name of another site that points here': { headers: { host: 'evil.example' }, expected: 403 },
    'not by a name that only begins like ours': { headers: { host: 'localhost.evil.example' }, expected: 403 },
    'not even for its health': { headers: { host: 'evil.example' }, target: '/-/healthz', expected: 403 },
    'not from a page of another site': { headers: { origin: 'https://evil.example' }, expected: 403 },
    'not from a page without an origin': { headers: { origin: 'null' }, expected: 403 },
    'from a page of a configured origin': {
      http: { origins: ['https://app.example'] },
      headers: { origin: 'https://app.example' },
      expected: 200,
    },
    'not from another port of a configured origin': {
      http: { origins: ['https://app.example'] },
      headers: { origin: 'https://app.example:8443' },
      expected: 403,
    },
    'not without the token': { http: TOKEN, expected: 401 },
    'not with another token': { http: TOKEN, headers: bearer('open-sesam'), expected: 401 },
    'not with the token in the address': { http: TOKEN, target: '/things?token=open-sesame', expected: 401 },
    'not with the token as a password': { http: TOKEN, headers: { authorization: 'Basic open-sesame' }, expected: 401 },
    'with the token': { http: TOKEN, headers: bearer('open-sesame'), expected: 200 },
    'with the token, by any name': { http: TOKEN, headers: { ...bearer('open-sesame'), host: 'db.example' }, expected: 200 },
    'not with the token from a page of another site': {
      http: TOKEN,
      headers: { ...bearer('open-sesame'), origin: 'https://evil.example' },
      expected: 403,
    },
    'not without the token for figures': { http: TOKEN, target: '/-/metrics', expected: 401 },
    'not without the token by a longer way': { http: TOKEN, target: '/-/../things', expected: 401 },
    'not without the token where an address only begins like an open one': {
      http: TOKEN,
      target: '/-/healthz/../../things',
      expected: 401,
    },
    'not without the token for opening a socket elsewhere': {
      http: TOKEN,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'MDEyMzQ1Njc4OWFiY2RlZg==',
      },
      expected: 401,
    },
    'not without the token by asking for another protocol': { http: TOKEN, headers: { upgrade: 'websocket' }, expected: 401 },
    'without the token for its health': { http: TOKEN, target: '/-/healthz', expected: 200 },
    'without the token for the console, which holds no data': { http: TOKEN, target: '/-/console/', expected: 200 },
    'anybody, where that is configured': { http: { unguarded: true }, headers: { host: 'db.example' }, expected: 200 },
  };

  test.each(Object.entries(cases))('%s', async (_, { http = {}, headers = {}, target = '/things', expected }) => {
    await using served = await ServedProject.open(thingsWith(http));
    const answer = await served.ask(target, { headers });
    expect(answer.status).toBe(expected);
    expect(answer.headers['www-authenticate']).toBe(expected === 401 ? 'Bearer realm="millrace"' : undefined);
    expect(answer.headers['content-type']?.startsWith('application/problem+json')).toBe(expected >= 400);
    expect(answer.text).not.toContain('sesame');
  });
});

describe('pages of other origins', () => {
  test('of configured ones may read, with credentials; others are not told', async () => {
    await using served = await ServedProject.open(thingsWith({ origins: ['https://app.example'] }));
    const { headers } = await served.ask('/things', { headers: { origin: 'https://app.example' } });
    expect(headers['access-control-allow-origin']).toBe('https://app.example');
    expect(headers['access-control-allow-credentials']).toBe('true');
    expect(headers.vary).toContain('Origin');
    const other = await served.ask('/things', { headers: { origin: 'https://evil.example' } });
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('ask first, and are told what they may send', async () => {
    await using served = await ServedProject.open(thingsWith({ origins: ['https://app.example'], ...TOKEN }));
    const asking = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' };
    const { status, headers } = await served.ask('/things', { method: 'OPTIONS', headers: { origin: 'https://app.example', ...asking } });
    expect(status).toBe(204);
    expect(headers['access-control-allow-headers']).toContain('Authorization');
    expect((await served.ask('/things', { method: 'OPTIONS', headers: { origin: 'https://evil.example', ...asking } })).status).toBe(403);
  });
});

test('every answer forbids what browsers would otherwise do with it', async () => {
  await using served = await ServedProject.open(thingsWith());
  await served.process(...ROWS);
  const targets = ['/things', '/things/1', '/things/99', '/-/metrics', '/%zz', '/things/export'];
  const answers = await Promise.all(targets.map((target) => served.ask(target)));
  for (const { headers } of answers) {
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
  }
  const page = await served.ask('/-/console/');
  expect(page.headers['content-security-policy']).toMatch(/script-src 'self'.*connect-src 'self'.*frame-ancestors 'none'/);
});

test('neither keys nor tokens nor filters are logged', async () => {
  const lines: string[] = [];
  const log = (message: string, fields: object = {}): number => lines.push(JSON.stringify({ message, ...fields }));
  const logger = { child: () => logger, debug: log, info: log, warn: log, error: log };
  await using served = await ServedProject.open(thingsWith(TOKEN), { logger });
  await served.ask('/things/key-of-a-person', { headers: bearer('open-sesame') });
  await served.query('/things', { name: 'name-of-a-person' }, { headers: bearer('wrong-secret') });
  const http = lines.filter((line) => line.includes('"Request"'));
  expect(http).toEqual([
    expect.stringContaining('"route":"/:collection/:id","status":404'),
    expect.stringContaining('"route":"/:collection","status":401'),
  ]);
  expect(lines.join()).not.toMatch(/of-a-person|sesame|wrong-secret/);
});
