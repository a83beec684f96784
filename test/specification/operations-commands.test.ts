import { DatabaseSync } from 'node:sqlite';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { command, lines } from './command.ts';
import { testedDeployment } from '../deployments/deployment.ts';
import { embeddedOnly } from '../deployments/embedded-only.ts';
import { filesOf } from './files.ts';
import type { ProjectLiteral } from './files.ts';
import { leaveRoom, observeWriter } from './full-disk.ts';
import { put } from './messages.ts';
import { openProject } from './project.ts';
import type { Project } from './project.ts';
import { Running } from './running.ts';
import { SteppedClock, until } from './stepped-clock.ts';

const ROOMS: ProjectLiteral = {
  projections: { rooms: { id: 'string!', beds: { type: 'long', nullable: false }, since: 'date', price: 'decimal' } },
  views: {
    sv: {
      SV_CONFIG: { dependencies: { rooms: { type: 'projection', on: '_identifier' } }, mapping: { id: 'rooms.id', beds: 'rooms.beds' } },
    },
  },
};

const line = (id: string, beds: unknown = 1, more: object = {}): string =>
  `${JSON.stringify({ topic: 'shop.rooms.ingestion', key: { id }, value: { id, beds, ...more } })}\n`;

/** A transaction that writes, as long as this lives. */
function holdWriter(project: Project): Disposable {
  const db = new DatabaseSync(path.join(project.folder, '.millrace/millrace.db'), { timeout: 30_000 });
  db.exec('BEGIN IMMEDIATE');
  return { [Symbol.dispose]: () => db.close() };
}

describe('ingest', () => {
  test('is seen by a running engine within milliseconds', async () => {
    const clock = new SteppedClock();
    await using project = await openProject(filesOf(ROOMS), { clock });
    await using running = new Running(project);
    const waits: number[] = [];
    for (let i = 0; i < 15; i++) {
      expect(await command(project, ['ingest'], line(`r${i}`))).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^1 record appended to 1 topic/),
      });
      const appended = performance.now();
      await until(async () => (await project.document('sv', `r${i}`)) !== undefined, clock);
      waits.push(performance.now() - appended);
    }
    // Stages of one process, or three hand-overs through servers that other tests keep busy.
    expect(waits.sort((a, b) => a - b)[7]).toBeLessThan(testedDeployment() === 'embedded' ? 20 : 2_000);
    expect(running).toBeDefined();
  });

  test.runIf(embeddedOnly('the disk is that of the brokers'))(
    'on a full disk ends with exit code 1, says how many records are in the log, and those are',
    async () => {
      await using project = await openProject(filesOf(ROOMS));
      using writer = observeWriter();
      const input = async function* (): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 1_000; i++) yield Buffer.from(line(`a${i}`));
        leaveRoom(writer.connection(), 2);
        for (let i = 0; i < 5_000; i++) yield Buffer.from(line(`b${i}`));
      };
      const { code, err } = await command(project, ['ingest'], input());
      expect(code).toBe(1);
      const [, said] = /STORE_FULL|; (\d+) records are in the log/.exec(err) ?? [];
      expect(err).toContain('STORE_FULL');
      expect(Number(said)).toBeGreaterThanOrEqual(1_000);
      await project.idle();
      expect(await project.documents('rooms')).toHaveLength(Number(said));
    },
  );

  test('keeps every digit, raw bytes and texts as they stand in the line', async () => {
    await using project = await openProject(filesOf(ROOMS));
    const topic = '"topic":"shop.rooms.ingestion"';
    const input = [
      `{${topic},"key":{"id":"a"},"value":{"id":"a","beds":9007199254740993,"price":0.10000000000000000001}}`,
      `{${topic},"key":{"$base64":"eyJpZCI6ImIifQ=="},"value":{"$base64":"eyJpZCI6ImIiLCJiZWRzIjoyfQ=="},"timestamp":1700000000000,"headers":{"h":"1"}}`,
      `{${topic},"key":"c","value":null}`,
    ].join('\n');
    expect(await command(project, ['ingest'], input)).toMatchObject({ code: 0 });
    await project.idle();
    const { out } = await command(project, ['get', 'rooms']);
    expect(out).toBe(
      '{"id":"a","beds":{"$numberLong":"9007199254740993"},"price":{"$numberDecimal":"0.10000000000000000001"}}\n{"id":"b","beds":2}\n',
    );
    const [, second, third] = await project.engine.log.read('shop.rooms.ingestion', 0, 0, 3);
    expect([second?.timestamp, second?.headers, third?.key, third?.value]).toEqual([1_700_000_000_000, { h: '1' }, '"c"', null]);
  });
});

describe('beside an engine that is writing', () => {
  test.runIf(embeddedOnly('there is one writer at a time'))('get and errors answer at once', async () => {
    await using project = await openProject(filesOf(ROOMS));
    await project.process(put('rooms', { id: 'a', beds: 1 }), put('rooms', { id: 'b', beds: 'many' }));
    using writer = holdWriter(project);
    const start = performance.now();
    expect(await command(project, ['get', 'sv', 'a'])).toEqual({ code: 0, out: '{"id":"a","beds":1}\n', err: '' });
    expect(lines((await command(project, ['errors', 'list', '--json'])).out)).toMatchObject([{ code: 'UNCASTABLE_FIELD' }]);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(writer).toBeDefined();
  });

  test('errors replay is carried out by it', async () => {
    const clock = new SteppedClock();
    await using project = await openProject(filesOf(ROOMS), { clock });
    await project.process(put('rooms', { id: 'b', beds: 'many' }));
    const cured = filesOf({ ...ROOMS, projections: { rooms: { ...ROOMS.projections['rooms'], beds: 'string' } } });
    await project.restart(cured);
    await using running = new Running(project);
    // By the time of the command, which is that of the world.
    clock.advance(Date.now() - clock.now() + 1_000);
    expect(await command(project, ['errors', 'replay', '--code', 'UNCASTABLE_FIELD'])).toMatchObject({
      code: 0,
      out: '1 entry queued to be processed again\n',
    });
    await until(async () => (await project.document('sv', 'b')) !== undefined, clock);
    expect(await project.document('rooms', 'b')).toEqual({ id: 'b', beds: 'many' });
    expect((await command(project, ['errors', 'list', '--json'])).out).toBe('');
    expect(lines((await command(project, ['errors', 'list', '--json', '--all'])).out)).toMatchObject([{ resolvedAt: expect.any(String) }]);
    expect(running).toBeDefined();
  });
});

describe('get', () => {
  const rows = [
    put('rooms', { id: 'a', beds: 1, since: '2024-01-01T00:00:00Z', price: '1.50' }),
    put('rooms', { id: 'b', beds: 3, since: '2025-01-01T00:00:00Z' }),
    put('rooms', { id: 'c', beds: 2 }),
  ];

  test.for([
    [[], ['a', 'b', 'c']],
    [['b'], ['b']],
    [['{"id":"b"}'], ['b']],
    [
      ['--query', '{"beds":{"$gte":2}}', '--sort', '{"beds":-1}'],
      ['b', 'c'],
    ],
    [['--query', '{"since":{"$lt":"2024-06-01"}}'], ['a']],
    [['--sort', '{"beds":1}', '--skip', '1', '--limit', '1'], ['c']],
    [['--limit', '0'], []],
  ] as const)('with %j prints the documents that are asked for, one a line', async ([args, ids]) => {
    await using project = await openProject(filesOf(ROOMS));
    await project.process(...rows);
    const { code, out } = await command(project, ['get', 'rooms', ...args]);
    expect([code, lines(out).map(({ id }) => id)]).toEqual([0, ids]);
  });

  test.for([
    [['rooms', 'z'], 1],
    [['romms'], 1],
    [['rooms', '--query', '{"$where":"1"}'], 1],
    [['rooms', '--sort', 'beds'], 2],
  ] as const)('%j ends with exit code %i and prints no document', async ([args, code]) => {
    await using project = await openProject(filesOf(ROOMS));
    await project.process(...rows);
    expect(await command(project, ['get', ...args])).toMatchObject({ code, out: '' });
  });
});

describe('errors', () => {
  test('list --json tells everything of an entry', async () => {
    await using project = await openProject(filesOf({ ...ROOMS, files: { 'views/sv/validator.js': `module.exports = () => false;` } }));
    await project.process(put('rooms', { id: 'a', beds: 1 }), put('rooms', { id: 'b', beds: 'many' }));
    const listed = lines((await command(project, ['errors', 'list', '--json'])).out);
    const letter = listed.find(({ kind }) => kind === 'dead-letter');
    const view = listed.find(({ kind }) => kind === 'single-view');
    expect(letter).toMatchObject({
      id: 'shop.rooms.ingestion/0/1',
      code: 'UNCASTABLE_FIELD',
      reason: expect.stringContaining('"many"'),
      topic: 'shop.rooms.ingestion',
      partition: 0,
      offset: 1,
      key: Buffer.from('{"id":"b"}').toString('base64'),
      value: Buffer.from('{"id":"b","beds":"many"}').toString('base64'),
      system: 'shop',
      projection: 'rooms',
      attempts: 1,
      resolvedAt: null,
    });
    expect(letter).toHaveProperty('timestamp');
    expect(letter).toHaveProperty('createdAt');
    expect(view).toMatchObject({ code: 'VALIDATION_ERROR', view: 'sv', identifier: { id: 'a' }, resolvedAt: null });
  });
});

describe('start --until-idle', () => {
  test('ends with exit code 0 and says what it did, what failed and which fields it could not project', async () => {
    await using project = await openProject(filesOf(ROOMS));
    await project.ingest(put('rooms', { id: 'a', beds: 1, colour: 'red' }), put('rooms', { id: 'b', beds: 'many' }));
    await project.stop();
    const { code, out } = await command(project, ['start', '--until-idle', '--json', '--log-level', 'silent']);
    expect(code).toBe(0);
    expect(lines(out)).toMatchObject([
      { event: 'ready', pid: process.pid },
      {
        event: 'stopped',
        records: 2,
        deadLetters: 1,
        viewErrors: 0,
        fields: [
          { projection: 'rooms', type: 'UNKNOWN_FIELD', field: 'colour', count: 1 },
          { projection: 'rooms', type: 'UNCASTABLE_FIELD', field: 'beds', count: 1 },
        ],
      },
    ]);
    expect(await command(project, ['start', '--until-idle', '--log-level', 'silent'])).toMatchObject({ code: 0, err: '' });
  });
});
