import type { Definitions } from '../core/definitions.ts';
import { projectionsOf } from '../core/definitions.ts';
import { deadLettersTopic, projectionUpdatesTopic, triggersTopic, viewUpdatesTopic } from '../core/hand-over-topics.ts';
import type { ProjectConfig } from './config.ts';
import type { Reading } from './reading.ts';
import { show } from './report.ts';

/** Kafka's bound, and room for what is put behind the name of a topic. */
const MAX_LENGTH = 249 - '.dead-letter'.length;

/** Topics of sources whose names are too long for brokers, or that stages hand over in; and settings of topics that nobody uses. */
export function checkTopics(reading: Reading, config: ProjectConfig, definitions: Definitions): void {
  const taken = handOverTopics(config.id, definitions);
  const { report } = reading;
  const sources = projectionsOf(definitions).flatMap(({ topics }) => topics);
  checkNamed(reading, config, [...sources, ...sources.map(deadLettersTopic), ...taken.keys()]);
  for (const { name, topics, place } of projectionsOf(definitions)) {
    for (const topic of topics) {
      const use = taken.get(topic);
      if (use !== undefined) {
        const message = `Projection ${name} reads topic ${topic}, in which ${use} are told`;
        report.error('CONFIG_CLASH', place, message, { expected: 'a topic that a source writes' });
      }
      if (config.log.use !== 'kafka') continue;
      const prefixed = config.log.kafka.topicPrefix + topic;
      if (prefixed.length <= MAX_LENGTH) continue;
      report.error(
        'CONFIG_VALUE',
        place,
        `Topic ${show(prefixed)}, which projection ${name} reads, has a name of ${prefixed.length} characters`,
        {
          expected: `at most ${MAX_LENGTH} with topicPrefix`,
        },
      );
    }
  }
}

function checkNamed(reading: Reading, config: ProjectConfig, known: Iterable<string>): void {
  const all = new Set(known);
  for (const topic of Object.keys(config.topics.named)) {
    if (all.has(topic)) continue;
    const place = { file: reading.name(config.file), path: ['topics', 'named', topic] };
    reading.report.warn('CONFIG_NO_EFFECT', place, `topics.named has settings of ${topic}, a topic that the project does not use`, {
      expected: 'a topic of millrace topics plan, without topicPrefix',
      name: topic,
      among: all,
      cure: 'Correct the name, or remove it',
    });
  }
}

function handOverTopics(id: string, definitions: Definitions): ReadonlyMap<string, string> {
  const naming = { id, definitions };
  const taken = new Map<string, string>();
  for (const { name } of projectionsOf(definitions)) taken.set(projectionUpdatesTopic(naming, name), `updates of ${name}`);
  for (const { name } of definitions.views) {
    taken.set(viewUpdatesTopic(naming, name), `updates of ${name}`);
    for (const lane of ['interactive', 'bulk'] as const) taken.set(triggersTopic(naming, name, lane), `rebuilds of ${name}`);
  }
  return taken;
}
