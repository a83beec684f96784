import { rm } from 'node:fs/promises';
import { Admin } from '@platformatic/kafka';
import { expect, test, vi } from 'vitest';
import { jsonLines } from '../e2e/run-millrace.ts';
import { describeWith } from '../services/require-services.ts';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { PlacedProject } from './placed-project.ts';

const PATIENCE = { timeout: 120_000 };
const FILES = filesOf({
  top: { http: { port: 0 } },
  projections: { customers: { id: 'string!', name: 'string' }, items: { id: 'string!', name: 'string' } },
  views: {
    sv_customers: {
      SV_CONFIG: {
        dependencies: { customers: { type: 'projection', on: '_identifier' } },
        mapping: { id: 'customers.id', name: 'customers.name' },
      },
    },
  },
});
const TOPIC = 'shop.customers.ingestion';
const rows = (ids: readonly number[], name: string) => ids.map((id) => put('customers', { id: `${id}`, name }));

async function answer(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

describeWith(['kafka', 'mongo'], 'an engine that works while its topics are changed by others', ({ kafka }) => {
  async function withAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: kafka.split(',') });
    try {
      await work(admin);
    } finally {
      await admin.close();
    }
  }

  const deleteTopic = (topic: string) => withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
  const removeAll = (topic: string) =>
    withAdmin(async (admin) => {
      const { topics } = await admin.metadata({ topics: [topic] });
      const partitions = Array.from({ length: topics.get(topic)?.partitionsCount ?? 0 }, (_, partition) => ({ partition, offset: -1n }));
      await admin.deleteRecords({ topics: [{ name: topic, partitions }] });
    });

  test.each(['kafka', 'prod'] as const)(
    '%s: a topic that is made again is not read on, is told, and ends it with an error',
    PATIENCE,
    async (deployment) => {
      await using project = new PlacedProject(deployment);
      await project.write(FILES);
      await project.ingest(rows([1, 2, 3], 'old'));
      const { engine, http } = await project.start();
      await vi.waitUntil(async () => (await project.documents('sv_customers')).length === 3, { timeout: 30_000, interval: 500 });
      await deleteTopic(`${project.topicPrefix}${TOPIC}`);
      // More than were read of the old one: an old position would be one of the new one, too.
      await project.ingest(rows([1, 2, 3, 4, 5, 6, 7, 8], 'new'));
      await vi.waitUntil(async () => (await answer(`${http}/-/ready`)).text.includes('made again'), { timeout: 30_000, interval: 200 });
      // A failure that begins to read again, and so does a system that goes on.
      for (const command of ['pause', 'resume']) expect(await project.run(command, ['--all'])).toMatchObject({ code: 0 });
      await vi.waitUntil(async () => (await answer(`${http}/-/ready`)).text.includes('made again'), { timeout: 30_000, interval: 200 });
      expect((await answer(`${http}/-/ready`)).status).toBe(503);
      const checkUp = await answer(`${http}/-/check-up`);
      expect(checkUp).toMatchObject({ status: 503, text: expect.stringMatching(/customers\.ingestion.*made again/) });
      expect(await project.documents('sv_customers')).toHaveLength(3);
      await project.ingest([put('items', { id: '1', name: 'one' })]);
      expect(await engine.stop()).toMatchObject({
        code: 1,
        out: expect.stringContaining('"event":"stopped"'),
        err: expect.stringContaining('TOPIC_RECREATED'),
      });
      const accepted = await project.run('start', ['--until-idle', '--accept-new-topic', TOPIC]);
      expect(accepted).toMatchObject({ code: 0 });
      const names = ((await project.documents('sv_customers')) as { name: string }[]).map(({ name }) => name);
      expect(names).toEqual(Array.from({ length: 8 }, () => 'new'));
    },
  );

  test.each(['kafka', 'prod'] as const)(
    '%s: what was removed before it was read is told while the rest goes on',
    PATIENCE,
    async (deployment) => {
      await using project = new PlacedProject(deployment);
      await project.write(FILES);
      await project.ingest(rows([1, 2, 3], 'old'));
      const { engine, http } = await project.start();
      await vi.waitUntil(async () => (await project.documents('sv_customers')).length === 3, { timeout: 30_000, interval: 500 });
      expect(await project.run('pause', ['shop'])).toMatchObject({ code: 0 });
      await project.ingest(rows([1, 2, 3, 4], 'lost'));
      await removeAll(`${project.topicPrefix}${TOPIC}`);
      expect(await project.run('resume', ['shop'])).toMatchObject({ code: 0 });
      await vi.waitUntil(async () => (await answer(`${http}/-/ready`)).status === 503, { timeout: 30_000, interval: 200 });
      const checkUp = await answer(`${http}/-/check-up`);
      expect(checkUp).toMatchObject({
        status: 503,
        text: expect.stringMatching(/customers\.ingestion.*were removed before they were read/),
      });
      await project.ingest([put('items', { id: '1', name: 'one' })]);
      await vi.waitUntil(async () => (await project.documents('items')).length === 1, { timeout: 30_000, interval: 500 });
      // Work that is asked for is done, too. Where stages hand over it waits for all that was there when it began.
      for (const command of deployment === 'kafka' ? ['refresh'] : [])
        expect(await project.run(command, ['sv_customers'])).toMatchObject({ code: 0 });
      expect((await answer(`${http}/-/ready`)).status).toBe(503);
      expect(await engine.stop()).toMatchObject({
        code: 1,
        out: expect.stringContaining('"event":"stopped"'),
        err: expect.stringContaining('POSITION_LOST'),
      });
    },
  );

  test('a message between stages that went with its topic is told until somebody accepts it', PATIENCE, async () => {
    await using project = new PlacedProject('prod');
    await project.write(FILES);
    await project.ingest(rows([1], 'one'));
    expect(await project.run('start', ['--until-idle'])).toMatchObject({ code: 0 });
    await deleteTopic(`${project.topicPrefix}project.sv_customers.sv-trigger`);
    expect(await project.run('start', ['--until-idle'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/Topic project\.sv_customers\.sv-trigger was deleted.*TOPIC_RECREATED/),
    });
    const accept = ['--accept-new-topic', 'project.sv_customers.sv-trigger'];
    expect(await project.run('start', ['--until-idle', ...accept])).toMatchObject({ code: 0 });
    await project.ingest(rows([1], 'two'));
    expect(await project.run('start', ['--until-idle'])).toMatchObject({ code: 0 });
    expect(await project.documents('sv_customers')).toMatchObject([{ name: 'two' }]);
  });

  test('an embedded log that is gone is told of by all its topics, and begins anew where each is accepted', PATIENCE, async () => {
    await using project = new PlacedProject('mongo');
    await project.write(FILES);
    await project.ingest([...rows([1, 2, 3], 'old'), put('items', { id: '1', name: 'one' })]);
    expect(await project.run('start', ['--until-idle'])).toMatchObject({ code: 0 });
    expect(await project.documents('sv_customers')).toHaveLength(3);
    await rm(`${project.folder}/data`, { recursive: true });
    await project.ingest(rows([1], 'new'));
    const refused = await project.run('start', ['--until-idle']);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('TOPIC_RECREATED') });
    const topics = /Topics (.*?) were deleted/.exec(refused.err)?.[1]?.split(', ') ?? [];
    expect(topics).toEqual(expect.arrayContaining([TOPIC, 'project.customers.pr-update', 'project.sv_customers.sv-trigger']));
    const accept = topics.flatMap((topic) => ['--accept-new-topic', topic]);
    expect(await project.run('start', ['--until-idle', ...accept])).toMatchObject({ code: 0 });
    expect(await project.documents('sv_customers')).toContainEqual(expect.objectContaining({ id: '1', name: 'new' }));
    const groups = jsonLines((await project.run('topics', ['--json'])).out) as { groups: { lag: number }[] }[];
    expect(groups.flatMap((each) => each.groups).every(({ lag }) => lag === 0)).toBe(true);
    expect(await project.run('start', ['--until-idle'])).toMatchObject({ code: 0 });
  });
});
