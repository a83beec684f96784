import { MongoClient } from 'mongodb';
import type { StoreUnderTest } from '../store-conformance-support.ts';
import { openMongoStore } from './mongo-store.ts';
import type { MongoSettings } from './mongo-settings.ts';

export function testSettings(settings: Partial<MongoSettings> & Pick<MongoSettings, 'url' | 'database'>): MongoSettings {
  return { ids: 'derived', deletedKeysMs: null, maxQueryMs: 30_000, ...settings };
}

/** A store in a database of its own, which goes when the test is over. */
export async function openTestStore(settings: Parameters<typeof testSettings>[0]): Promise<StoreUnderTest> {
  const whole = testSettings(settings);
  let store = await openMongoStore(whole);
  return {
    store,
    reopen: async () => {
      await store[Symbol.asyncDispose]();
      store = await openMongoStore(whole);
      return store;
    },
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await dropDatabase(whole);
    },
  };
}

export async function dropDatabase({ url, database }: Pick<MongoSettings, 'url' | 'database'>): Promise<void> {
  await using client = new MongoClient(url);
  await client.db(database).dropDatabase();
}
