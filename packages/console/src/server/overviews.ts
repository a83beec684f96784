import type { CollectionsOverview, PipelineOverview } from '@millrace/client';
import { client } from './client.ts';
import { Polling } from './polled.ts';
import { RateHistory } from './rate-history.ts';

/** Changes per second of each collection, of the last minute that this page saw. */
export const collectionRates = new RateHistory();
/** What each stage gave per second. */
export const stageRates = new RateHistory();

export const collectionsOverview = new Polling<CollectionsOverview>(
  (options) => client.collections(options),
  ({ collections }, wasAway) => {
    collectionRates.add(collections.map(({ name, changesPerSecond }) => [name, changesPerSecond]));
    // The server is back: live queries need not wait for their next attempt.
    if (wasAway && (client.status === 'reconnecting' || client.status === 'offline')) client.reconnect();
  },
);

export const pipelineOverview = new Polling<PipelineOverview>(
  (options) => client.pipeline(options),
  ({ stages }) => stageRates.add(stages.map(({ name, perSecond }) => [name, perSecond])),
);
