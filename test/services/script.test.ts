import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MongoClient } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { runs } from '../../scripts/local-services/processes.ts';
import { until } from '../../scripts/local-services/until.ts';
import { canStartOwn } from './require-services.ts';
import { StateFolder } from './state-folder.ts';

const URL_LINE = /^MILLRACE_MONGODB_URL=(.+)$/m;

async function pidOf(state: StateFolder): Promise<number> {
  const { out } = await state.script(['status', 'mongo']);
  return Number(/process (\d+)/.exec(out)?.[1]);
}

async function insertedInto(url: string, key: string): Promise<number> {
  const client = await new MongoClient(url).connect();
  try {
    const collection = client.db('test').collection<{ _id: string }>('things');
    await collection.insertOne({ _id: key }, { writeConcern: { w: 'majority' } });
    return await collection.countDocuments();
  } finally {
    await client.close();
  }
}

describe('without servers', () => {
  test('nothing runs, and there is no address', async () => {
    await using state = new StateFolder();
    expect(await state.script(['status', '--quiet'])).toEqual({ code: 0, out: '', err: '' });
    expect((await state.script(['status'])).out).toBe('kafka: stopped\nmongo: stopped\ntls: stopped\n');
    expect(await state.script(['env'])).toEqual({ code: 0, out: '', err: '' });
    const named = await state.script(['env', 'mongo']);
    expect(named).toEqual({ code: 1, out: '', err: 'services: mongo does not run: scripts/services up mongo\n' });
  });

  test('an address that the environment gives is used, and nothing is started', async () => {
    await using state = new StateFolder();
    const given = { MILLRACE_MONGODB_URL: 'mongodb://somewhere', MILLRACE_KAFKA_BROKERS: 'a:1,b:2' };
    const { code, out } = await state.script(['up'], given);
    expect(code).toBe(0);
    expect(out).toContain('kafka: given by MILLRACE_KAFKA_BROKERS, nothing is started');
    expect(out).toContain('mongo: given by MILLRACE_MONGODB_URL, nothing is started');
    expect((await state.script(['status', '--quiet'], given)).out).toBe('');
    expect((await state.script(['env'], given)).out).toBe('MILLRACE_KAFKA_BROKERS=a:1,b:2\nMILLRACE_MONGODB_URL=mongodb://somewhere\n');
  });

  test('what is missing on the machine is named, all at once', async () => {
    await using state = new StateFolder();
    const main = path.resolve(import.meta.dirname, '../../scripts/local-services/main.ts');
    const nowhere = { PATH: '/nonexistent' };
    const run = (...args: string[]) => state.node(['--conditions=source', main, ...args], nowhere);
    const { code, err } = await run('up', 'kafka', 'tls');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^services: kafka and tls cannot be started without Java 17 or newer \(no java was found\).*, openssl\. On Debian: /,
    );
    expect((await run('needs', 'kafka', 'tls')).out).toMatch(/^default-jre-headless\n(?:maven\n)?openssl\n$/);
  });

  test('a name that is none is refused', async () => {
    await using state = new StateFolder();
    const { code, err } = await state.script(['up', 'redis']);
    expect(code).toBe(1);
    expect(err).toContain('Unknown service redis: kafka, mongo, tls are known');
    expect((await state.script(['restart'])).err).toContain('Usage: scripts/services up|');
  });

  test('a process that took the number of a server later is not taken for it', async () => {
    await using state = new StateFolder();
    mkdirSync(path.join(state.path, 'mongo'));
    writeFileSync(path.join(state.path, 'mongo/pid'), JSON.stringify({ pid: process.pid, logFrom: 0 }));
    expect((await state.script(['status', '--quiet'])).out).toBe('');
    expect((await state.script(['down'])).out).toBe('');
  });
});

describe.runIf(canStartOwn('mongo'))('a server', () => {
  test('is started once by two who want it at the same time, and is found by its address', async () => {
    await using state = new StateFolder();
    const both = await Promise.all([state.script(['up', 'mongo']), state.script(['up', 'mongo'])]);
    const processes = both.map(({ out }) => /process (\d+)/.exec(out)?.[1]);
    expect(processes[0]).toBeDefined();
    expect(processes[0]).toBe(processes[1]);
    expect((await state.script(['status', '--quiet'])).out).toBe('mongo\n');
    const url = URL_LINE.exec((await state.script(['env'])).out)?.[1] ?? '';
    expect(await insertedInto(url, 'a')).toBe(1);
  });

  test('keeps its address and its data when it is stopped or killed, until it is wiped', async () => {
    await using state = new StateFolder();
    await state.script(['up', 'mongo']);
    const url = URL_LINE.exec((await state.script(['env', 'mongo'])).out)?.[1] ?? '';
    expect(await insertedInto(url, 'a')).toBe(1);

    process.kill(await pidOf(state), 'SIGKILL');
    expect(await until(async () => (await state.script(['status', '--quiet'])).out === '', 10_000)).toBe(true);
    await state.script(['up', 'mongo']);
    expect(await insertedInto(url, 'b')).toBe(2);

    const pid = await pidOf(state);
    expect((await state.script(['down', 'mongo'])).out).toBe('mongo: stopped\n');
    expect(runs(pid)).toBe(false);
    // An address of ours in the environment is not one that somebody else has given.
    const { out } = await state.script(['up', 'mongo'], { MILLRACE_MONGODB_URL: url });
    expect(out).toContain('ready in');
    expect(await insertedInto(url, 'c')).toBe(3);

    await state.script(['down', '--wipe']);
    expect(existsSync(path.join(state.path, 'mongo'))).toBe(false);
  });

  test('is there for a program, and stopped after it, unless it ran before', async () => {
    await using state = new StateFolder();
    const { code, out } = await state.script(['run', 'mongo', '--', 'sh', '-c', 'echo "at $MILLRACE_MONGODB_URL"; exit 3']);
    expect(code).toBe(3);
    expect(out).toMatch(/^at mongodb:\/\/127\.0\.0\.1:\d+\/\?replicaSet=rs0$/m);
    expect((await state.script(['status', '--quiet'])).out).toBe('');
    await state.script(['up', 'mongo']);
    expect((await state.script(['run', 'mongo', '--', 'true'])).code).toBe(0);
    expect((await state.script(['status', '--quiet'])).out).toBe('mongo\n');
  });

  test('that one test has for itself ends with the test, also when that is killed', async () => {
    await using state = new StateFolder();
    const started = path.resolve(import.meta.dirname, 'start-own.ts');
    const killed = await state.program(`
      import { startMongo } from '${started}';
      await startMongo();
      process.kill(process.pid, 'SIGKILL');
    `);
    expect(killed.err).toBe('');
    expect((await state.script(['status', '--quiet'])).out).toMatch(/^own\/\d+-\w+\n$/);
    expect((await state.script(['down'])).out).toBe('1 of tests that have ended: removed\n');
    expect((await state.script(['status', '--quiet'])).out).toBe('');

    await state.program(`
      import { startMongo } from '${started}';
      await startMongo();
      process.exit();
    `);
    expect((await state.script(['status', '--quiet'])).out).toBe('');
  });
});
