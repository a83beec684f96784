import { describe } from 'vitest';
import { registerAppendTests } from './log-conformance-append.ts';
import { registerConsumerTests } from './log-conformance-consumers.ts';
import { registerEraseTests, registerUnerasableTests } from './log-conformance-erase.ts';
import { registerProvisionTests } from './log-conformance-provision.ts';
import type { LogFactory, LogTraits } from './log-conformance-support.ts';
import { registerSharedTests } from './log-conformance-shared.ts';
import { registerTrimTests } from './log-conformance-trim.ts';

/** What every log must do. Called by each adapter's own test file; the factory gives a log that is empty. */
export function registerLogTests(name: string, factory: LogFactory, { erasable = true, shared = false, topicNames }: LogTraits = {}): void {
  describe(`${name} log`, () => {
    registerAppendTests(factory, topicNames);
    registerConsumerTests(factory);
    if (shared) registerSharedTests(factory);
    registerProvisionTests(factory);
    if (erasable) {
      registerTrimTests(factory);
      registerEraseTests(factory);
    } else registerUnerasableTests(factory);
  });
}
