import { describe } from 'vitest';
import { registerCollectionTests } from './store-conformance-collections.ts';
import { registerCommitTests } from './store-conformance-commits.ts';
import { registerErrorTests } from './store-conformance-errors.ts';
import { registerFactTests } from './store-conformance-facts.ts';
import { registerFillTests } from './store-conformance-fill.ts';
import { registerFindTests } from './store-conformance-find.ts';
import { registerLeaseTests } from './store-conformance-leases.ts';
import { registerLookupTests } from './store-conformance-lookups.ts';
import { registerMetadataTests } from './store-conformance-metadata.ts';
import { registerQueueTests } from './store-conformance-queue.ts';
import { registerRecordTests } from './store-conformance-records.ts';
import type { StoreFactory } from './store-conformance-support.ts';
import { registerTransactionTests } from './store-conformance-transactions.ts';
import { registerValueTests } from './store-conformance-values.ts';

/** What every store must do. Called by each adapter's own test file; the factory gives a store that is empty. */
export function registerStoreTests(name: string, factory: StoreFactory): void {
  describe(`${name} store`, () => {
    registerRecordTests(factory);
    registerFillTests(factory);
    registerLookupTests(factory);
    registerFindTests(factory);
    registerMetadataTests(factory);
    registerQueueTests(factory);
    registerErrorTests(factory);
    registerFactTests(factory);
    registerLeaseTests(factory);
    registerTransactionTests(factory);
    registerCommitTests(factory);
    registerCollectionTests(factory);
    registerValueTests(factory);
  });
}
