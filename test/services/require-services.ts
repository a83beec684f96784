import { describe } from 'vitest';
import { areBrokerFilesCached } from '../../scripts/local-services/kafka/broker-files.ts';
import { isMongodCached } from '../../scripts/local-services/mongo/mongod-binary.ts';
import type { ServiceName } from '../../scripts/local-services/services.ts';
import { serviceAddresses } from './addresses.ts';
import type { ServiceAddresses } from './addresses.ts';

/**
 * Addresses of servers that all suites share. Where one is absent: undefined after a line that says so, or, where CI=true, an error.
 * Take names of your own in them: `uniqueName()`.
 */
export function requireServices<Name extends ServiceName>(...names: readonly Name[]): Pick<ServiceAddresses, Name> | undefined {
  const addresses = serviceAddresses();
  const absent = names.filter((name) => addresses[name] === undefined);
  if (absent.length > 0) return refuse(`${absent.join(' and ')} ${absent.length > 1 ? 'do' : 'does'} not run`, names);
  return addresses as Pick<ServiceAddresses, Name>;
}

/** A suite that has the addresses of these servers, and is skipped where one of them is absent. */
export function describeWith<Name extends ServiceName>(
  names: readonly Name[],
  title: string,
  body: (addresses: Pick<ServiceAddresses, Name>) => void,
): void {
  const addresses = requireServices(...names);
  // Vitest looks into suites that it skips, too.
  // oxlint-disable-next-line vitest/valid-title -- the caller's is one
  describe.runIf(addresses !== undefined)(title, () => {
    if (addresses !== undefined) body(addresses);
  });
}

/** Whether `startBroker` and `startMongo` can be used without a download; where they cannot, after a line that says so. */
export function canStartOwn(...names: readonly ('kafka' | 'mongo')[]): boolean {
  // There it is downloaded.
  if (process.env['CI'] === 'true') return true;
  const isCached = { kafka: areBrokerFilesCached, mongo: isMongodCached };
  const absent = names.filter((name) => !isCached[name]());
  if (absent.length === 0) return true;
  refuse(`${absent.join(' and ')} ${absent.length > 1 ? 'have' : 'has'} never been started here`, names);
  return false;
}

function refuse(reason: string, names: readonly string[]): undefined {
  const message = `${reason}: scripts/services up ${names.join(' ')}`;
  if (process.env['CI'] === 'true') throw new Error(message);
  console.warn(`Skipped, because ${message}`);
}
