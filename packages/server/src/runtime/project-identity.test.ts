import { expect, test } from 'vitest';
import { MemoryStore } from '../store/memory/memory-store.ts';
import { claimDatabase } from './project-identity.ts';

test('a database is the first project’s: itself may come back, another one is refused', async () => {
  const store = new MemoryStore();
  await claimDatabase(store, 'shop');
  await claimDatabase(store, 'shop');
  await expect(claimDatabase(store, 'school')).rejects.toMatchObject({
    code: 'FOREIGN_DATABASE',
    message: 'The database belongs to the project "shop", and this one is "school": expected one of its own',
  });
  await claimDatabase(store, 'shop');
});
