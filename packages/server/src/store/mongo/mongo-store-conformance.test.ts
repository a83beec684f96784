import { describe } from 'vitest';
import { describeWith } from '../../../../../test/services/require-services.ts';
import { uniqueName } from '../../../../../test/services/unique-name.ts';
import { registerFillTests } from '../store-conformance-fill.ts';
import { registerLookupTests } from '../store-conformance-lookups.ts';
import { registerMetadataTests } from '../store-conformance-metadata.ts';
import { registerRecordTests } from '../store-conformance-records.ts';
import { registerStoreTests } from '../store-conformance.ts';
import { openTestStore } from './mongo.test-support.ts';

describeWith(['mongo'], 'on a server', ({ mongo }) => {
  registerStoreTests('mongo', () => openTestStore({ url: mongo, database: uniqueName('store') }));

  describe('with ids of MongoDB', () => {
    const factory = (): ReturnType<typeof openTestStore> => openTestStore({ url: mongo, database: uniqueName('store'), ids: 'objectId' });
    registerRecordTests(factory);
    registerFillTests(factory);
    registerLookupTests(factory);
    registerMetadataTests(factory);
  });
});
