import type { Definitions } from './definitions.ts';
import type { Lane } from './trigger.ts';

/** What the topics by which stages hand over are named after. */
export interface TopicNaming {
  /** Of the project. */
  readonly id: string;
  readonly definitions: Pick<Definitions, 'updatesTopics'>;
}

/** Where changes of a projection are told. */
export function projectionUpdatesTopic({ id, definitions }: TopicNaming, projection: string): string {
  return definitions.updatesTopics?.get(projection) ?? `${id}.${projection}.pr-update`;
}

/** Where changes of a single view are told. */
export function viewUpdatesTopic({ id, definitions }: TopicNaming, view: string): string {
  return definitions.updatesTopics?.get(view) ?? `${id}.${view}.sv-update`;
}

/** Where rebuilds of a single view are asked for: bulk work apart, so that fresh changes pass it. */
export function triggersTopic({ id }: Pick<TopicNaming, 'id'>, view: string, lane: Lane): string {
  return `${id}.${view}.sv-trigger${lane === 'bulk' ? '.bulk' : ''}`;
}

/** Where copies of the records of a topic go that cannot be processed. */
export function deadLettersTopic(topic: string): string {
  return `${topic}.dead-letter`;
}
