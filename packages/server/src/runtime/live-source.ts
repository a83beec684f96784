import type { ProjectConfig } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { ChangeFeed } from '../flow/hand-over/change-feed.ts';
import type { FedCollection } from '../flow/hand-over/change-feed.ts';
import { updatesTopic } from '../flow/hand-over/groups.ts';
import type { SnapshotReader, Store } from '../store/store.ts';
import type { Engine, RunnableProject } from './engine.ts';
import { bootOfMachine, openEpoch } from './epoch.ts';
import { openReaderThread } from './registry.ts';

/** Where live queries hear of commits, and take their snapshots. */
export interface LiveSource {
  readonly commits: Pick<Store, 'onCommit'>;
  readonly snapshots: SnapshotReader;
  /** Of the commits' numbers. */
  readonly epoch: string;
  /** Snapshots may show what is told later; changes may be told again. */
  readonly repeats: boolean;
  /** Null where commits are heard of from the store itself. */
  readonly feed: ChangeFeed | null;
}

export interface LiveSourceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether anybody holds a live query of a collection. */
  readonly isWanted: (collection: string) => boolean;
  readonly resources: AsyncDisposableStack;
}

/** The store's own commits; or, where other processes write, what all of them announce. */
export async function openLiveSource(engine: Engine, project: RunnableProject, options: LiveSourceOptions): Promise<LiveSource> {
  const { store, log } = engine;
  const { config } = project;
  const { clock, logger, resources, isWanted } = options;
  if (store.capabilities.transactions) {
    // Of their own: a live query must not wait behind what somebody else asks for.
    const snapshots = resources.use(await openReaderThread(config, clock));
    const epoch = await openEpoch(store, { durability: config.durability, boot: bootOfMachine() });
    return { commits: store, snapshots, epoch, repeats: false, feed: null };
  }
  const collections = fedCollections(config, project);
  const feed = resources.use(await ChangeFeed.open({ log, store, collections, clock, logger, isWanted }));
  return { commits: feed, snapshots: feed, epoch: feed.epoch, repeats: true, feed };
}

function fedCollections({ id }: ProjectConfig, { plan, definitions }: RunnableProject): readonly FedCollection[] {
  return [...plan.collections.values()].flatMap(({ name, kind, key, fields }): FedCollection[] => {
    if (kind === 'foreign') return [];
    const declared = new Map([...fields].flatMap(([field, type]) => (type === undefined ? [] : [[field, type] as const])));
    return [{ name, kind, key, fields: declared, topic: updatesTopic({ id, definitions }, plan, name) }];
  });
}
