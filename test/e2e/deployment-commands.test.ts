import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Admin } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { DEPLOYMENTS, Deployment } from '../deployments/deployment.ts';
import type { DeploymentName } from '../deployments/deployment.ts';
import { describeWith } from '../services/require-services.ts';
import { TemporaryFolder, jsonLines, millrace } from './run-millrace.ts';
import type { Outcome } from './run-millrace.ts';

const PATIENCE = { timeout: 180_000 };

/** The project that `init` writes, in a deployment of its own. */
class Shop implements AsyncDisposable {
  readonly #folder = new TemporaryFolder();
  readonly deployment: Deployment;

  private constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  static async make(name: DeploymentName): Promise<Shop> {
    const shop = new Shop(new Deployment(name));
    const { code, err } = await millrace(['init', 'shop', '--folder', shop.#folder.path]);
    if (code !== 0) throw new Error(`init failed: ${err}`);
    return shop;
  }

  get changes(): string {
    return readFileSync(path.join(this.#folder.path, 'changes.ndjson'), 'utf8');
  }

  run(
    args: readonly string[],
    { input = '', environment = {} }: { input?: string; environment?: Record<string, string> } = {},
  ): Promise<Outcome> {
    return millrace([...args, '--project', this.#folder.path], input, { ...this.deployment.environment, ...environment });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.deployment[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

describeWith(['kafka', 'mongo'], 'commands on each deployment', ({ kafka }) => {
  test.each(DEPLOYMENTS)('%s: what is sent is there, is told of, and is worked on by commands', PATIENCE, async (name) => {
    await using shop = await Shop.make(name);
    expect(await shop.run(['ingest', '-', '--json'], { input: shop.changes })).toMatchObject({ code: 0 });
    expect(await shop.run(['start', '--until-idle', '--json'])).toMatchObject({ code: 0, out: expect.stringContaining('"deadLetters":0') });
    const { out } = await shop.run(['get', 'sv_customers', '1']);
    expect(JSON.parse(out)).toMatchObject({ name: 'Ada', orders: [{ orderId: 7, status: 'sent' }] });
    expect(await shop.run(['why', 'sv_customers', '1'])).toMatchObject({ code: 0 });

    const topics = jsonLines((await shop.run(['topics', '--json'])).out) as { topic: string; records: number; groups: { lag: number }[] }[];
    expect(topics.find(({ topic }) => topic === 'shop.orders.ingestion')).toMatchObject({ records: 3, groups: [{ lag: 0 }] });
    expect(topics.flatMap(({ groups }) => groups).every(({ lag }) => lag === 0)).toBe(true);
    expect(await shop.run(['topics', 'apply'])).toMatchObject({ code: 0 });
    expect(await shop.run(['topics', 'check'])).toMatchObject({ code: 0 });

    expect(await shop.run(['refresh', 'sv_customers', '--json'])).toMatchObject({ code: 0 });
    expect(await shop.run(['audit', 'sv_customers', '--json'])).toMatchObject({ code: 0 });
    expect(await shop.run(['errors', 'list'])).toMatchObject({ code: 0, out: 'No errors.\n' });
    const jobs = jsonLines((await shop.run(['jobs', '--json'])).out) as { type: string; state: string }[];
    expect(jobs.filter(({ state }) => state === 'done').map(({ type }) => type)).toEqual(expect.arrayContaining(['refresh', 'audit']));
  });

  test('topics are planned, made, and found to be otherwise', PATIENCE, async () => {
    await using shop = await Shop.make('prod');
    const prefix = shop.deployment.environment['MILLRACE_KAFKA_TOPIC_PREFIX'] ?? '';
    const plan = jsonLines((await shop.run(['topics', 'plan', '--json'])).out) as { topic: string; name: string; use: string }[];
    expect(plan.map(({ name, use }) => [use, name])).toEqual(
      [
        ['ingestion', 'shop.customers.ingestion'],
        ['ingestion', 'shop.orders.ingestion'],
        ['pr-update', 'shop.customers.pr-update'],
        ['pr-update', 'shop.orders.pr-update'],
        ['sv-trigger', 'shop.sv_customers.sv-trigger'],
        ['sv-trigger', 'shop.sv_customers.sv-trigger.bulk'],
        ['sv-update', 'shop.sv_customers.sv-update'],
        ['dead-letter', 'shop.customers.ingestion.dead-letter'],
        ['dead-letter', 'shop.orders.ingestion.dead-letter'],
      ].map(([use, topic]) => [use, `${prefix}${topic}`]),
    );
    const refused = await shop.run(['ingest', '-'], { input: shop.changes, environment: { MILLRACE_TOPICS_CREATE: 'false' } });
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('TOPIC_MISSING') });
    expect(await shop.run(['topics', 'check'])).toMatchObject({ code: 1, out: expect.stringContaining('✗ 9 of 9 topics') });
    expect(await shop.run(['topics', 'apply'])).toMatchObject({ code: 0, out: expect.stringContaining('✓ 9 topics are as wanted') });
    expect(await shop.run(['topics', 'check'])).toMatchObject({ code: 0 });
  });

  test('a topic that was made again is refused until somebody accepts it', PATIENCE, async () => {
    await using shop = await Shop.make('kafka');
    expect(await shop.run(['ingest', '-'], { input: shop.changes })).toMatchObject({ code: 0 });
    expect(await shop.run(['start', '--until-idle'])).toMatchObject({ code: 0 });
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: kafka.split(',') });
    try {
      await admin.deleteTopics({ topics: [`${shop.deployment.environment['MILLRACE_KAFKA_TOPIC_PREFIX'] ?? ''}shop.orders.ingestion`] });
    } finally {
      await admin.close();
    }
    const order = {
      topic: 'shop.orders.ingestion',
      key: { id: 9 },
      value: { op: 'c', after: { id: 9, customer_id: 1, status: 'open', total: 1 } },
    };
    expect(await shop.run(['ingest', '-'], { input: JSON.stringify(order) })).toMatchObject({ code: 0 });
    const refused = await shop.run(['start', '--until-idle']);
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringMatching(/Topic shop\.orders\.ingestion was deleted and made again.*TOPIC_RECREATED/),
    });
    expect(await shop.run(['start', '--until-idle', '--accept-new-topic', 'shop.orders.ingestion'])).toMatchObject({ code: 0 });
    expect((await shop.run(['get', 'sv_customers', '1'])).out).toContain('"orderId":9');
    expect(await shop.run(['start', '--until-idle'])).toMatchObject({ code: 0 });
  });

  test.each(['kafka', 'prod'] as const)(
    '%s: what was removed before it was read is told until somebody accepts it',
    PATIENCE,
    async (name) => {
      await using shop = await Shop.make(name);
      const send = (ids: readonly number[]) => {
        const value = (id: number) => ({ op: 'c', after: { id, customer_id: 1, status: 'open', total: 1 } });
        const lines = ids.map((id) => JSON.stringify({ topic: 'shop.orders.ingestion', key: { id }, value: value(id) }));
        return shop.run(['ingest', '-'], { input: lines.join('\n') });
      };
      expect(await shop.run(['ingest', '-'], { input: shop.changes })).toMatchObject({ code: 0 });
      expect(await shop.run(['start', '--until-idle'])).toMatchObject({ code: 0 });
      expect(await send(Array.from({ length: 30 }, (_, i) => 100 + i))).toMatchObject({ code: 0 });
      await removeAll(`${shop.deployment.environment['MILLRACE_KAFKA_TOPIC_PREFIX'] ?? ''}shop.orders.ingestion`);
      const refused = await shop.run(['start', '--until-idle']);
      expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/shop\.orders\.ingestion.*were removed.*POSITION_LOST/s) });
      expect(await shop.run(['start', '--until-idle', '--accept-lost', 'shop.orders.ingestion'])).toMatchObject({ code: 0 });
      expect(await send([9])).toMatchObject({ code: 0 });
      expect(await shop.run(['start', '--until-idle'])).toMatchObject({ code: 0 });
      expect((await shop.run(['get', 'sv_customers', '1'])).out).toContain('"orderId":9');
      const topics = jsonLines((await shop.run(['topics', '--json'])).out) as { topic: string; groups: { group: string }[] }[];
      const readers = topics.find(({ topic }) => topic === 'shop.orders.ingestion')?.groups.map(({ group }) => group);
      expect(readers).toEqual([name === 'kafka' ? 'shop' : 'shop.updater']);
    },
  );

  async function removeAll(topic: string): Promise<void> {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: kafka.split(',') });
    try {
      const { topics } = await admin.metadata({ topics: [topic] });
      const partitions = Array.from({ length: topics.get(topic)?.partitionsCount ?? 0 }, (_, partition) => ({ partition, offset: -1n }));
      await admin.deleteRecords({ topics: [{ name: topic, partitions }] });
    } finally {
      await admin.close();
    }
  }

  test('what cannot be reached ends a command with its own exit code, and shows no password', PATIENCE, async () => {
    await using shop = await Shop.make('prod');
    const noMongo = await shop.run(['get', 'sv_customers'], { environment: { MILLRACE_MONGODB_URL: 'mongodb://ada:hush@127.0.0.1:1' } });
    expect(noMongo).toMatchObject({ code: 6, err: expect.stringMatching(/127\.0\.0\.1:1.*STORE_UNREACHABLE/) });
    const noKafka = await shop.run(['topics', 'check'], { environment: { MILLRACE_KAFKA_BROKERS: '127.0.0.1:1' } });
    expect(noKafka).toMatchObject({ code: 6, err: expect.stringMatching(/127\.0\.0\.1:1.*LOG_UNREACHABLE/) });
    expect(noMongo.out + noMongo.err).not.toContain('hush');
    expect(await shop.run(['backup', 'x.backup'])).toMatchObject({ code: 1, err: expect.stringContaining('BACKUP_ELSEWHERE') });
  });
});

test('roles are refused where processes cannot share the data', async () => {
  await using shop = await Shop.make('embedded');
  expect(await shop.run(['start', '--role', 'updater'])).toMatchObject({ code: 1, err: expect.stringContaining('ROLES_NOT_SHARED') });
  expect(await shop.run(['start', '--role', 'updatr'])).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "updater"') });
});
