import { uniqueName } from '../../../../../test/services/unique-name.ts';
import { describeWith } from '../../../../../test/services/require-services.ts';
import { registerStoreTests } from '../store-conformance.ts';
import { openTestStore } from './mongo.test-support.ts';

describeWith(['mongo'], 'on a server', ({ mongo }) => {
  for (const ids of ['derived', 'objectId'] as const)
    registerStoreTests(`mongo, ids ${ids},`, async () => openTestStore({ url: mongo, database: uniqueName('store'), ids }));
});
