import { describe } from 'vitest';
import { registerCollectionTests } from './store-conformance-collections.ts';
import { registerErrorTests } from './store-conformance-errors.ts';
import { registerFactTests } from './store-conformance-facts.ts';
import { registerFindTests } from './store-conformance-find.ts';
import { registerFillTests } from './store-conformance-fill.ts';
import { registerLookupTests } from './store-conformance-lookups.ts';
import { registerQueueTests } from './store-conformance-queue.ts';
import { registerRecordTests } from './store-conformance-records.ts';
import type { StoreFactory } from './store-conformance-support.ts';
import { registerTransactionTests } from './store-conformance-transactions.ts';
import { registerValueTests } from './store-conformance-values.ts';

/** What every store must do. Called by each adapter's own test file; the factory gives a store that is empty. */
export function registerStoreTests(name: string, factory: StoreFactory): void {
  describe(`${name} store`, () => {
    registerRecordTests(factory);
    registerLookupTests(factory);
    registerFindTests(factory);
    registerFillTests(factory);
    registerQueueTests(factory);
    registerErrorTests(factory);
    registerFactTests(factory);
    registerTransactionTests(factory);
    registerCollectionTests(factory);
    registerValueTests(factory);
  });
}
