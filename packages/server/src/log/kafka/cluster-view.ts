import type { Base, ClusterTopicMetadata } from '@platformatic/kafka';
import { isUnknownTopic } from './client-errors.ts';

export type TopicsOnBrokers = ReadonlyMap<string, ClusterTopicMetadata>;

/**
 * What the brokers say of topics now, without those that are not there. The client answers for all topics or for none: where one is
 * missing, it is asked for each.
 */
export async function topicsOnBrokers(client: Base, topics: readonly string[]): Promise<TopicsOnBrokers> {
  const found = new Map<string, ClusterTopicMetadata>();
  if (topics.length === 0) return found;
  try {
    add(await client.metadata({ topics: [...topics], forceUpdate: true }));
  } catch (error) {
    if (!isUnknownTopic(error)) throw error;
    if (topics.length > 1)
      for (const topic of topics) for (const [name, each] of await topicsOnBrokers(client, [topic])) found.set(name, each);
  }
  return found;

  // Internal topics are left out of the client's answer.
  function add({ topics: answered }: { readonly topics: ReadonlyMap<string, ClusterTopicMetadata | undefined> }): void {
    for (const [name, each] of answered) if (each !== undefined) found.set(name, each);
  }
}
