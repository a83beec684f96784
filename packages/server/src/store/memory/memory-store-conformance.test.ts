import { registerStoreTests } from '../store-conformance.ts';
import { MemoryStore } from './memory-store.ts';

for (const shared of [false, true])
  registerStoreTests(shared ? 'shared memory' : 'memory', async () => {
    let store = new MemoryStore(undefined, { shared });
    return {
      store,
      reopen: async () => (store = store.reopen()),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  });
