import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import { STATES } from '../../packages/server/src/core/record.ts';
import { openReader } from '../../packages/server/src/runtime/registry.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { Deployment, testedDeployment } from '../deployments/deployment.ts';
import type { Event } from '../oracle/event.ts';
import { differencesOf, expectedOf } from '../oracle/law.ts';
import type { Told } from '../oracle/naive-projections.ts';
import { buildHistory, randomSteps } from '../oracle/random-history.ts';
import { randomProject } from '../oracle/random-project.ts';
import type { RandomProject } from '../oracle/random-project.ts';
import { showProject } from '../oracle/show.ts';
import { Millrace } from './processes.ts';
import { writeProject } from './write-project.ts';

const KILLS_PER_FOLDER = 10;
/** In the log before the first engine starts: enough to keep all of them busy. */
const BACKLOG_STEPS = 5_000;
const FED_STEPS = 1_500;
const EVENTS_PER_FEED = 300;
const LONGEST_LIFE_MS = 150;
const LIMIT_MS = 6 * 3_600_000;

interface Scenario {
  readonly project: RandomProject;
  readonly history: readonly Event[];
  /** How long each engine lives after it was ready, in ms. */
  readonly lives: readonly number[];
}

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    project: randomProject,
    steps: randomSteps(BACKLOG_STEPS + FED_STEPS, BACKLOG_STEPS + FED_STEPS),
    lives: fc.array(fc.nat(LONGEST_LIFE_MS), { minLength: KILLS_PER_FOLDER, maxLength: KILLS_PER_FOLDER }),
  })
  .map(({ project, steps, lives }) => ({ project, lives, history: buildHistory(project.tables, steps).map(inOnePartition) }));

test(
  'killed at any moment, the program loses nothing that was acknowledged and shows nothing stale',
  async () => {
    const { numRuns: kills, seed } = testedDeployment() === 'embedded' ? propertyOptions(50, 500) : propertyOptions(10, 200);
    const folders = Math.max(1, Math.round(kills / KILLS_PER_FOLDER));
    for (const one of fc.sample(scenario, { numRuns: folders, seed })) expect(await survive(one)).toBe('');
  },
  LIMIT_MS,
);

/** The embedded log makes topics of one partition. */
function inOnePartition(event: Event): Event {
  return { ...event, record: { ...event.record, partition: 0 } };
}

/** Gives the differences that are left in the end. */
async function survive({ project, history, lives }: Scenario): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-kill-'));
  try {
    // Brokers remove by the times of the records, which are long ago.
    await writeProject(folder, project.definitions, { topics: { retentionDays: { ingestion: 'never', handOver: 'never' } } });
    await using deployment = new Deployment();
    const millrace = new Millrace(folder, deployment.environment);
    const told = await feed(millrace, history.slice(0, BACKLOG_STEPS), BACKLOG_STEPS);
    const feeding = feed(millrace, history.slice(BACKLOG_STEPS), EVENTS_PER_FEED, told);
    for (const life of lives) {
      const engine = await millrace.start();
      await Promise.race([passed(life), engine.ended]);
      const { signal, errors } = await engine.kill();
      expect({ signal, errors: signal === 'SIGKILL' ? '' : errors }).toEqual({ signal: 'SIGKILL', errors: '' });
    }
    await feeding;
    const last = await millrace.run(['start', '--until-idle', '--json']);
    expect(last).toMatchObject({ code: 0, errors: '' });
    const differences = await differencesIn(millrace, project, told);
    return differences.length === 0 ? '' : `${showProject(project)}\n\n${differences.join('\n')}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Another process appends, a part at a time; what it acknowledged is told. */
async function feed(millrace: Millrace, history: readonly Event[], size: number, told: Told[] = []): Promise<Told[]> {
  const placeOf = ({ record }: Event): string => `${record.topic}/${record.partition}`;
  const ends = Map.groupBy(told, ({ event }) => placeOf(event));
  const next = new Map([...ends].map(([place, list]) => [place, list.length]));
  for (let from = 0; from < history.length; from += size) {
    const part = history.slice(from, from + size);
    const lines = part.map(({ record }) => lineOf(record)).join('\n');
    const ended = await millrace.run(['ingest', '--json'], `${lines}\n`);
    if (ended.code !== 0 || !ended.output.includes(`"records":${part.length}`))
      throw new Error(`Not ingested: ${ended.output}${ended.errors}`);
    for (const event of part) {
      const offset = next.get(placeOf(event)) ?? 0;
      next.set(placeOf(event), offset + 1);
      told.push({ event, offset });
    }
  }
  return told;
}

/** Keys and values stand in the line as they are: both are JSON, but for a golden-gate key. */
function lineOf({ topic, partition, key, value, timestamp, headers }: Event['record']): string {
  const isJson = typeof key === 'string' && key.startsWith('{');
  const texts = { topic, partition, timestamp, headers };
  return `${JSON.stringify(texts).slice(0, -1)},"key":${isJson ? key : JSON.stringify(key)},"value":${value as string | null}}`;
}

async function differencesIn({ folder, environment }: Millrace, project: RandomProject, told: readonly Told[]): Promise<string[]> {
  const { config } = await loadProject({ folder, overrides: { data: join(folder, 'data') }, env: environment });
  if (config === null) throw new Error('The project cannot be read');
  await using reader = await openReader(config);
  const letters = await reader.errors({ kind: 'dead-letter' });
  const differences = await differencesOf(project, expectedOf(project, told), async (collection) => {
    const records = await reader.find(collection, { filter: { kind: 'true' }, states: STATES });
    return records.map(({ document, state }) => ({ document, state }));
  });
  return [...differences, ...letters.map((letter) => `dead letter ${letter.code}: ${letter.reason}`)];
}
