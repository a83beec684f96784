import { Admin } from '@platformatic/kafka';
import { MongoClient } from 'mongodb';

/** Removes all topics and groups whose names begin so. */
export async function removeTopics(brokers: string, prefix: string): Promise<void> {
  const admin = new Admin({ clientId: 'clean-up', bootstrapBrokers: brokers.split(',') });
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
    const groups = [...(await admin.listGroups()).keys()].filter((group) => group.startsWith(prefix));
    if (groups.length > 0) await admin.deleteGroups({ groups }).catch(ignoreBusy);
  } finally {
    await admin.close();
  }
}

export async function removeDatabase(url: string, name: string): Promise<void> {
  await using client = await new MongoClient(url).connect();
  await client.db(name).dropDatabase();
}

/** A group whose members were killed a moment ago still has them; the broker forgets it by itself. */
function ignoreBusy(): void {
  // Nothing depends on it.
}
