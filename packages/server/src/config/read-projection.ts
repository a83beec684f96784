import type { Place } from '../core/problem.ts';
import type { FormatReference, ProjectionDefinition } from '../core/projection.ts';
import { readFields } from './read-fields.ts';
import type { Casts } from './read-fields.ts';
import type { Reading } from './reading.ts';
import { below, show } from './report.ts';
import type { SystemOptions } from './shapes/project.ts';
import type { ProjectionOptions } from './shapes/projection.ts';

/** What a projection takes from the system that it belongs to. */
export interface ProjectionContext {
  readonly system: string;
  readonly format: FormatReference;
  readonly options: SystemOptions;
  readonly casts: Casts;
  /** Of the system. */
  readonly systemPlace: Place;
}

const TOPIC_PLACEHOLDER = /\{([^{}]*)\}/g;
const KAFKA_TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

export function readProjection(
  reading: Reading,
  name: string,
  options: ProjectionOptions,
  context: ProjectionContext,
  place: Place,
): ProjectionDefinition {
  const fields = readFields(reading, options.fields, context.casts, below(place, 'fields'));
  const primaryKey = fields.filter((field) => field.primaryKey).map((field) => field.name);
  if (primaryKey.length === 0) {
    reading.report.error('CONFIG_VALUE', below(place, 'fields'), `The projection ${name} has no primary key`, {
      expected: 'at least one field with primaryKey: true',
      cure: 'Mark the fields that identify a row',
    });
  }
  return {
    name,
    system: context.system,
    topics: readTopics(reading, name, options, context, place),
    fields,
    primaryKey: primaryKey.toSorted(),
    ...readWriting(reading, name, options, context, place),
    orderGuard: context.options.orderGuard,
    place,
  };
}

function readTopics(reading: Reading, name: string, options: ProjectionOptions, context: ProjectionContext, place: Place): string[] {
  if (options.topics === undefined) return [topicOf(reading, context.options.topic, name, context, below(context.systemPlace, 'topic'))];
  const topics = options.topics.map((topic, index) => topicOf(reading, topic, name, context, below(place, 'topics', index)));
  return [...new Set(topics)];
}

function topicOf(reading: Reading, pattern: string, projection: string, context: ProjectionContext, place: Place): string {
  const values: Readonly<Record<string, string>> = { system: context.system, projection };
  const topic = pattern.replaceAll(TOPIC_PLACEHOLDER, (whole, key: string) => (Object.hasOwn(values, key) ? (values[key] ?? '') : whole));
  const unknown = [...topic.matchAll(TOPIC_PLACEHOLDER)].map((match) => match[1] ?? '');
  if (unknown.length > 0) {
    reading.report.error('CONFIG_VALUE', place, `The topic ${show(pattern)} has the unknown placeholder {${unknown[0] ?? ''}}`, {
      expected: '{system} or {projection}',
      name: unknown[0] ?? '',
      among: Object.keys(values),
    });
  } else if (!KAFKA_TOPIC.test(topic)) {
    reading.report.error('CONFIG_VALUE', place, `${show(topic)} cannot be the name of a topic`, {
      expected: 'at most 249 letters, digits, dots, _ and -',
    });
  }
  return topic;
}

/** The nearest setting counts, the projection's own before the system's. */
function readWriting(
  reading: Reading,
  name: string,
  options: ProjectionOptions,
  context: ProjectionContext,
  place: Place,
): Pick<ProjectionDefinition, 'upsert' | 'deleteMechanism'> {
  const upsert = options.upsert ?? context.options.upsert ?? true;
  const deleteMechanism = options.deleteMechanism ?? context.options.deleteMechanism;
  if (upsert) return { upsert, deleteMechanism: deleteMechanism ?? 'soft' };
  if (deleteMechanism === 'soft') {
    const holder = options.deleteMechanism === undefined ? context.systemPlace : place;
    reading.report.error(
      'CONFIG_CONTRADICTION',
      below(holder, 'deleteMechanism'),
      `The projection ${name} has upsert: false and deleteMechanism: soft`,
      { expected: 'deleteMechanism: hard wherever upsert is false', cure: 'Remove deleteMechanism, or upsert: false' },
    );
  }
  if (context.format === 'db2') {
    const holder = options.upsert === undefined ? context.systemPlace : place;
    reading.report.error('CONFIG_CONTRADICTION', below(holder, 'upsert'), `The projection ${name} has upsert: false and the format db2`, {
      expected: 'upsert: true, since messages of db2 do not tell inserts from updates',
      cure: 'Remove upsert: false',
    });
  }
  return { upsert, deleteMechanism: 'hard' };
}
