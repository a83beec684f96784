import { describe, test } from 'vitest';
import { testedDeployment } from './deployment.ts';

const isEmbedded = testedDeployment() === 'embedded';

/** A case of what only the embedded deployment has. On the others it is skipped, and its name says why. */
export function testEmbeddedOnly(because: string, name: string, run: () => Promise<void>): void {
  test.runIf(isEmbedded)(isEmbedded ? name : `${name} (embedded only: ${because})`, run);
}

/** Cases of what only the embedded deployment has. */
export function describeEmbeddedOnly(because: string, name: string, cases: () => void): void {
  describe.runIf(isEmbedded)(isEmbedded ? name : `${name} (embedded only: ${because})`, cases);
}
