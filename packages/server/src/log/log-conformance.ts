import { describe } from 'vitest';
import { registerAppendTests } from './log-conformance-append.ts';
import { registerConsumerTests } from './log-conformance-consumers.ts';
import { registerEraseTests } from './log-conformance-erase.ts';
import { registerProvisionTests } from './log-conformance-provision.ts';
import type { LogFactory } from './log-conformance-support.ts';
import { registerTrimTests } from './log-conformance-trim.ts';

/** What every log must do. Called by each adapter's own test file; the factory gives a log that is empty. */
export function registerLogTests(name: string, factory: LogFactory): void {
  describe(`${name} log`, () => {
    registerAppendTests(factory);
    registerConsumerTests(factory);
    registerProvisionTests(factory);
    registerTrimTests(factory);
    registerEraseTests(factory);
  });
}
