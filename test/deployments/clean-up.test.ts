import { Admin } from '@platformatic/kafka';
import { MongoClient } from 'mongodb';
import { expect, test } from 'vitest';
import { describeWith } from '../services/require-services.ts';
import { Deployment } from './deployment.ts';

describeWith(['kafka', 'mongo'], 'what a test leaves behind', ({ kafka, mongo }) => {
  test('topics and database of a deployment are gone with it, and nothing of others', async () => {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: kafka.split(',') });
    await using client = await new MongoClient(mongo).connect();
    await using other = new Deployment('prod');
    const own = new Deployment('prod');
    const [ownPrefix, otherPrefix] = [own, other].map(({ environment }) => environment['MILLRACE_KAFKA_TOPIC_PREFIX']);
    const [ownDatabase = '', otherDatabase = ''] = [own, other].map(({ environment }) => environment['MILLRACE_MONGODB_DATABASE']);
    try {
      await admin.createTopics({ topics: [`${ownPrefix}orders`, `${otherPrefix}orders`], partitions: 1 });
      for (const name of [ownDatabase, otherDatabase]) await client.db(name).collection<{ _id: string }>('orders').insertOne({ _id: '1' });
      await own[Symbol.asyncDispose]();
      const topics = await admin.listTopics();
      expect([topics.includes(`${ownPrefix}orders`), topics.includes(`${otherPrefix}orders`)]).toEqual([false, true]);
      const counts = await Promise.all([ownDatabase, otherDatabase].map((name) => client.db(name).collection('orders').countDocuments()));
      expect(counts).toEqual([0, 1]);
    } finally {
      await admin.close();
    }
  });
});
