import { registerStoreTests } from '../store-conformance.ts';
import { MemoryStore } from './memory-store.ts';

registerStoreTests('memory', async () => {
  let store = new MemoryStore();
  return {
    store,
    reopen: async () => (store = store.reopen()),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
});
