import type { Place } from '../core/problem.ts';
import type { Reading } from './reading.ts';
import { below } from './report.ts';
import { AGGREGATION_VERSIONS } from './shapes/aggregation.ts';

type Version = (typeof AGGREGATION_VERSIONS)[number];

/** A feature of the file format that came with a later version, where it is used. */
export interface FeatureUse {
  readonly name: string;
  readonly since: Version;
  readonly place: Place;
}

/** Features above the declared version work, with one warning that names the newest and all others. */
export function checkVersion(reading: Reading, declared: Version | undefined, features: readonly FeatureUse[], place: Place): void {
  if (declared === undefined) return;
  const above = features.filter((feature) => feature.since > declared);
  const needed = above
    .map((feature) => feature.since)
    .toSorted()
    .at(-1);
  if (needed === undefined) return;
  const names = [...new Set(above.map((feature) => feature.name))];
  const message = `The version is ${declared}, but ${names.join(', ')} came with ${needed === above[0]?.since ? needed : `versions up to ${needed}`}`;
  reading.report.warn('CONFIG_VERSION', below(place, 'version'), message, {
    expected: `version ${needed}`,
    cure: `Set version to ${needed}`,
  });
}
