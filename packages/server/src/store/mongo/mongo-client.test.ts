import { expect, test } from 'vitest';
import { addressOf, createClient, databaseOf } from './mongo-client.ts';

test.each(['w=1&journal=false', 'readConcernLevel=local&readPreference=secondary&retryWrites=false', 'wtimeoutMS=5&w=0', ''])(
  'an address cannot ask for less than the stages rely on: %s',
  (query) => {
    const client = createClient({ url: `mongodb://127.0.0.1:1/?${query}` });
    const { readConcern, writeConcern, readPreference } = databaseOf(client, 'shop').collection('orders');
    expect([readConcern?.level, writeConcern?.w, writeConcern?.journal, readPreference?.mode]).toEqual([
      'majority',
      'majority',
      true,
      'primary',
    ]);
    expect(writeConcern?.wtimeoutMS).toBeUndefined();
    expect(client.options.retryWrites).toBe(true);
  },
);

test('an address is named by its hosts and the database alone', () => {
  const client = createClient({ url: 'mongodb://ann:secret@one:1,two:2/other?replicaSet=rs0&authSource=admin' });
  expect(addressOf(client, 'shop')).toBe('one:1,two:2/shop');
  const service = createClient({ url: 'mongodb+srv://ann:secret@cluster.example.com/' });
  expect(addressOf(service, 'shop')).toBe('cluster.example.com/shop');
});
