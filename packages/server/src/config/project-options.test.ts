import { resolve } from 'node:path';

import { describe, expect, test } from 'vitest';

import { OPTIONS } from './options.ts';
import { SMALL_PROJECT, problemLines, temporaryProject } from './temporary-project.test-support.ts';
import type { Files } from './temporary-project.test-support.ts';

const YAML = SMALL_PROJECT['millrace.yaml'];

async function load(settings: string, options: { env?: Record<string, string>; overrides?: object } = {}, files: Files = {}) {
  await using project = await temporaryProject({ ...SMALL_PROJECT, 'millrace.yaml': YAML + settings, ...files });
  const { config, problems } = await project.load(options);
  return { config, lines: problemLines(problems), folder: project.folder };
}

describe('options', () => {
  test('may all be set', async () => {
    const { config, lines } = await load(`data: /var/millrace
durability: powerLoss
retention:
  log: { days: never, gigabytes: 0.5 }
  softDeletedDays: 90
  deletedKeysDays: 0.5
  deadLettersDays: never
  errorsDays: 1
http: { host: 0.0.0.0, port: 0, token: secret }
logging: { level: debug, format: json, keys: plain }
log: { use: embedded }
store: { use: embedded }
drainSeconds: 7
`);
    expect(lines).toEqual([]);
    expect(config).toMatchObject({
      data: '/var/millrace',
      durability: 'powerLoss',
      retention: {
        logMs: undefined,
        logBytes: 500_000_000,
        softDeletedMs: 90 * 86_400_000,
        deletedKeysMs: 43_200_000,
        deadLettersMs: undefined,
        errorsMs: 86_400_000,
      },
      http: { host: '0.0.0.0', port: 0, token: 'secret', unguarded: false },
      logging: { level: 'debug', format: 'json', keys: 'plain' },
      log: { use: 'embedded' },
      drainMs: 7_000,
    });
  });

  test('of compatibility may be the word null or nothing, as YAML reads it', async () => {
    const yaml = YAML.replace(
      '    systems:',
      '    compatibility: { missingFields: omit, emptyObject: "null", uncastable: null }\n    systems:',
    );
    await using project = await temporaryProject({ ...SMALL_PROJECT, 'millrace.yaml': yaml });
    const { definitions, problems } = await project.load();
    expect(problems).toEqual([]);
    expect(definitions?.compatibility).toEqual({ missingFields: 'omit', emptyObject: 'null', uncastable: 'null' });
  });

  test('each have a description, and a variable of the environment that is unique', () => {
    const variables = OPTIONS.flatMap(({ env }) => env ?? []);
    expect(new Set(variables).size).toBe(variables.length);
    expect(OPTIONS.every(({ description }) => description.length > 10)).toBe(true);
    expect(OPTIONS.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'id',
        'retention.log.days',
        'http.port',
        'modules.fastData.systems.<name>.format',
        'modules.fastData.singleViews.<name>.retry.attempts',
      ]),
    );
    expect(OPTIONS.find(({ path }) => path === 'http.port')).toEqual({
      path: 'http.port',
      type: 'number',
      default: '4122',
      required: false,
      env: 'MILLRACE_HTTP_PORT',
      description: 'Port to listen on; 0 takes a free one',
    });
  });
});

describe('the environment and the command line', () => {
  test('override the project file, in this order', async () => {
    const env = { MILLRACE_HTTP_PORT: '1', MILLRACE_LOG_LEVEL: 'warn', MILLRACE_DATA: 'elsewhere', MILLRACE_HTTP_UNGUARDED: 'true' };
    const { config, lines } = await load('http: { port: 5 }\nlogging: { level: error, format: json }\n', { env, overrides: { port: 7 } });
    expect(lines).toEqual([]);
    expect(config).toMatchObject({
      http: { port: 7, unguarded: true },
      logging: { level: 'warn', format: 'json' },
      // As everywhere on a command line, relative to where one stands.
      data: resolve('elsewhere'),
    });
  });

  test('count for nothing where they are empty', async () => {
    const { config } = await load('http: { port: 5 }\n', { env: { MILLRACE_HTTP_PORT: '' } });
    expect(config?.http.port).toBe(5);
  });

  test('are named where they are wrong', async () => {
    const { lines } = await load('', { env: { MILLRACE_HTTP_PORT: 'many', MILLRACE_LOG_LEVEL: 'wran' }, overrides: { data: './x' } });
    expect(lines).toEqual([
      '$MILLRACE_HTTP_PORT error CONFIG_VALUE | port must be a number, not "many" | expected: a number',
      '$MILLRACE_LOG_LEVEL error CONFIG_VALUE | level must be trace, debug, info, warn, error, fatal or silent, not "wran" | expected: trace, debug, info, warn, error, fatal or silent | cure: Did you mean warn?',
    ]);
  });
});

describe('http', () => {
  const open = 'http.host 0.0.0.0 can be reached by others, and nothing guards it';
  const cases: readonly (readonly [settings: string, message: string | undefined])[] = [
    ['http: { host: 0.0.0.0 }\n', open],
    ['http: { host: 0.0.0.0, unguarded: true }\n', undefined],
    ['http: { host: 0.0.0.0, token: x }\n', undefined],
    ['http: { host: localhost }\n', undefined],
    ['http: { host: 127.1.2.3 }\n', undefined],
    ['http: { host: "::1" }\n', undefined],
  ];
  test.for(cases)('%s', async ([settings, message]) => {
    const { lines } = await load(settings);
    expect(lines.map((line) => line.split(' | ')[1])).toEqual(message === undefined ? [] : [message]);
  });

  const env = { TOKEN: 'abc', ENCODED: Buffer.from('abc').toString('base64') };
  const files = {
    'secrets/token': 'abc\n',
    'secrets/lines': 'abc\ndef\n',
    'secrets/empty': '\n',
    'secrets/all.ini': '# tokens\n[http]\ntoken = "abc"\n; other\nencoded=YWJj\n',
  };
  const secrets: readonly (readonly [token: string, value: string | undefined, message?: string])[] = [
    ['abc', 'abc'],
    ['{ type: env, key: TOKEN }', 'abc'],
    ['{ type: env, key: ENCODED, encoding: base64 }', 'abc'],
    ['{ type: file, path: ./secrets/token }', 'abc'],
    ['{ type: file, path: ./secrets/all.ini, key: token }', 'abc'],
    ['{ type: file, path: ./secrets/all.ini, key: encoded, encoding: base64 }', 'abc'],
    ['{ type: env, key: GONE }', undefined, 'http.token: The environment variable GONE is not set'],
    ['{ type: file, path: ./gone }', undefined, 'http.token: The secret file ./gone cannot be read'],
    ['{ type: file, path: ./secrets/all.ini, key: gone }', undefined, 'http.token: The secret file ./secrets/all.ini has no key gone'],
    ['{ type: file }', undefined, 'Missing key "path"'],
    ['{ type: vault, key: x }', undefined, 'type must be env or file, not "vault"'],
    ['{ type: file, path: ./secrets/empty }', undefined, 'http.token: The secret is empty'],
    ['"open sesame"', undefined, 'http.token: Character 5 of the secret cannot stand in a bearer token'],
    ['sésame', undefined, 'http.token: Character 2 of the secret cannot stand in a bearer token'],
    ['"sesame\\t"', undefined, 'http.token: Character 7 of the secret cannot stand in a bearer token'],
    ['{ type: file, path: ./secrets/lines }', undefined, 'http.token: Character 4 of the secret cannot stand in a bearer token'],
    ['5', undefined, 'token must be a text or an object, not 5'],
  ];
  test.for(secrets)('takes its token from %s', async ([token, value, message]) => {
    const { config, lines } = await load(`http: { token: ${token} }\n`, { env }, files);
    expect(lines.map((line) => line.split(' | ')[1])).toEqual(message === undefined ? [] : [message]);
    expect(config?.http.token).toBe(value);
  });

  test('refuses a token that is not base64 and says it is', async () => {
    const { lines } = await load('http: { token: { type: env, key: X, encoding: base64 } }\n', { env: { X: 'not base64!' } });
    expect(lines).toEqual([
      'millrace.yaml:11:9 error CONFIG_VALUE | http.token: The secret is not base64 | expected: base64, or no encoding',
    ]);
  });
});

describe('the project file', () => {
  const cases: readonly (readonly [what: string, text: string, lines: readonly string[]])[] = [
    ['is empty', '', ['1:1 error CONFIG_VALUE | The file must be an object, not null | expected: an object']],
    ['is a list', '- a\n', ['1:1 error CONFIG_VALUE | The file must be an object, not ["a"] | expected: an object']],
    [
      'is not YAML',
      'id: shop\n  a: b\n- c',
      [
        '1:5 error CONFIG_SYNTAX | millrace.yaml is not valid: Nested mappings are not allowed in compact mappings | expected: YAML, each key once',
      ],
    ],
    [
      'says a key twice',
      'id: a\nid: b\n',
      ['2:1 error CONFIG_SYNTAX | millrace.yaml is not valid: Map keys must be unique | expected: YAML, each key once'],
    ],
    [
      'contains itself',
      'id: &x [*x]\n',
      [' error CONFIG_SYNTAX | millrace.yaml is not valid: An alias contains itself | expected: YAML, each key once'],
    ],
    [
      'is wrong in many ways',
      `idd: shop
http:
  port: "80"
  hots: x
retention:
  log: { days: -1 }
log: { use: kafak }
modules:
  fastData:
    erSchema: []
    systems:
      "a b": { format: db2, projections: {} }
    singleViews:
      v: 5
    compatibility:
      missingFields: omitt
`,
      [
        '1:1 error CONFIG_MISSING_KEY | Missing key "id" | expected: a text | cure: Add id: a text',
        '1:1 error CONFIG_UNKNOWN_KEY | Unknown key "idd" | expected: id, data, durability, cache, retention, http, live, audit, logging, log, store, topics, drainSeconds or modules | cure: Did you mean id?',
        '3:9 error CONFIG_VALUE | port must be a number, not "80" | expected: a number',
        '4:3 error CONFIG_UNKNOWN_KEY | Unknown key "hots" in http | expected: host, port, token, unguarded, origins, maxLimit or maxQueryMs | cure: Did you mean host?',
        '6:16 error CONFIG_VALUE | days must be greater than 0, not -1 | expected: greater than 0',
        '7:13 error CONFIG_VALUE | use must be embedded or kafka, not "kafak" | expected: embedded or kafka | cure: Did you mean kafka?',
        '10:5 error CONFIG_VALUE | erSchema must be a list that is not empty, not [] | expected: a list that is not empty',
        '12:7 error CONFIG_VALUE | The name "a b" cannot be used | expected: a name of letters, digits, _ and - | cure: Use a name of letters, digits, _ and -',
        '14:10 error CONFIG_VALUE | v must be a text or an object, not 5 | expected: a text or an object',
        '16:22 error CONFIG_VALUE | missingFields must be null or omit, not "omitt" | expected: null or omit | cure: Did you mean omit?',
      ],
    ],
  ];
  test.for(cases)('that %s is refused', async ([, text, lines]) => {
    await using project = await temporaryProject({ 'millrace.yaml': text });
    const { problems } = await project.load();
    expect(problemLines(problems)).toEqual(lines.map((line) => (line.startsWith(' ') ? `millrace.yaml${line}` : `millrace.yaml:${line}`)));
  });
});
