import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Store } from '../store/store.ts';

/** Facts: the epoch, which a restore and a migration remove, and what the commits made in it so far outlive: one start of the machine, or all. */
const EPOCH = 'epoch';
const BOOT = 'epoch.boot';
const ANY_BOOT = 'any';

export interface EpochOptions {
  /** `process`: what was committed may be lost with the machine, and its numbers be given again. */
  readonly durability: 'process' | 'powerLoss';
  /** What names this run of the machine; undefined where nobody can tell. */
  readonly boot?: string | undefined;
}

/**
 * The epoch of live positions: the same as long as no commit that a client may have heard of can have been lost or replaced. It is new
 * in a new or restored data folder, and, where commits survive the process alone, after a start of the machine.
 */
export async function openEpoch(store: Pick<Store, 'fact' | 'transact'>, { durability, boot }: EpochOptions): Promise<string> {
  const [known, outlived] = [await store.fact(EPOCH), await store.fact(BOOT)];
  const outlives = durability === 'powerLoss' ? ANY_BOOT : (boot ?? null);
  // What was committed under the rules of before counts, not what is committed from now on.
  const isKept = known !== null && outlived !== null && (outlived === ANY_BOOT || outlived === boot);
  if (isKept && outlived === outlives) return known;
  const epoch = isKept ? known : randomUUID();
  await store.transact(async (writer) => {
    await writer.saveFact(EPOCH, epoch);
    await writer.saveFact(BOOT, outlives);
  });
  return epoch;
}

/** Linux names each start of the machine. */
export function bootOfMachine(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
