/**
 * The order of changes of one record. Newest wins, whatever is replayed or reordered: changes are compared by their source's counter,
 * then by topic, partition, offset and part, so that no two different changes are equal.
 */
import type { Change } from '../../core/change.ts';
import type { ChangePlace, ProjectionMeta } from '../../core/metadata.ts';

export function placeOf(change: Change): ChangePlace {
  const { counter, position, part } = change;
  return {
    counterType: counter.type,
    counter: counter.value.toString(),
    topic: position.topic,
    partition: position.partition,
    offset: position.offset,
    part,
    timestamp: position.timestamp,
  };
}

/** Negative when `a` is older, 0 when it is the same change. Undefined when counters of different types cannot be compared. */
export function comparePlaces(a: ChangePlace, b: ChangePlace): number | undefined {
  if (a.counterType !== b.counterType) return undefined;
  const order = compareCounters(a.counter, b.counter);
  if (order !== 0) return order;
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition || a.offset - b.offset || a.part - b.part;
}

/** Of one type, as digits. */
export function compareCounters(a: string, b: string): number {
  if (a === b) return 0;
  if (a.charCodeAt(0) === 45 || b.charCodeAt(0) === 45) return BigInt(a) < BigInt(b) ? -1 : 1;
  return a.length === b.length ? (a < b ? -1 : 1) : a.length - b.length;
}

/** `repeat`: the very change that made the record what it is. It is carried out again, which changes nothing unless definitions did. */
export type Verdict = 'newer' | 'repeat' | 'stale';

/**
 * Whether a change may replace a record (or the memory of a deleted one). Counters of different types are not comparable: accepted.
 *
 * A loaded row's counter is the start of its load in ms: it replaces nothing that changed since. Any live change replaces a loaded row,
 * except those that the loaded row had replaced itself.
 */
export function judge(stored: ProjectionMeta, place: ChangePlace, guarded: boolean): Verdict {
  if (place.counterType === 'load' && stored.counterType !== 'load') return stored.timestamp < Number(place.counter) ? 'newer' : 'stale';
  if (stored.counterType === 'load' && place.counterType !== 'load') {
    if (stored.live === undefined) return 'newer';
    const order = guarded ? comparePlaces(stored.live, place) : compareArrivals(stored.live, place);
    return order === undefined || order < 0 ? 'newer' : 'stale';
  }
  if (!guarded) return judgeArrival(stored, place);
  const order = comparePlaces(stored, place);
  return order === undefined || order < 0 ? 'newer' : order === 0 ? 'repeat' : 'stale';
}

/** Without the guard, what arrives last wins; but what had arrived before is a replay, not an arrival. */
function judgeArrival(stored: ProjectionMeta, place: ChangePlace): Verdict {
  const order = compareArrivals(stored, place);
  if (order !== undefined) return order < 0 ? 'newer' : order === 0 ? 'repeat' : 'stale';
  const seen = stored.seen?.[partitionOf(place)];
  if (seen === undefined) return 'newer';
  return seen[0] < place.offset || (seen[0] === place.offset && seen[1] < place.part) ? 'newer' : 'stale';
}

/** `comparePlaces` by arrival alone: within one partition; undefined across. */
export function compareArrivals(a: ChangePlace, b: ChangePlace): number | undefined {
  if (a.topic !== b.topic || a.partition !== b.partition) return undefined;
  return a.offset - b.offset || a.part - b.part;
}

function partitionOf(place: ChangePlace): string {
  return `${place.topic}/${place.partition}`;
}

/** What a record remembers of other partitions once a change at `place` has replaced its last one; only without the guard. */
export function seenAfter(stored: ProjectionMeta, place: ChangePlace): ProjectionMeta['seen'] {
  const others = { ...stored.seen } as Record<string, readonly [number, number]>;
  delete others[partitionOf(place)];
  if (partitionOf(stored) !== partitionOf(place)) others[partitionOf(stored)] = [stored.offset, stored.part];
  return Object.keys(others).length === 0 ? undefined : others;
}

/** The last live change before a loaded row; only loaded rows remember it. */
export function liveBefore(stored: ProjectionMeta, place: ChangePlace): ProjectionMeta['live'] {
  if (place.counterType !== 'load') return undefined;
  if (stored.counterType === 'load') return stored.live;
  const { counterType, counter, topic, partition, offset, part, timestamp } = stored;
  return { counterType, counter, topic, partition, offset, part, timestamp };
}

/**
 * Whether a truncate removed what stands at `place`: everything that is not above it. What cannot be compared with it is told by the
 * time of its log record, a loaded row by the start of its load.
 */
export function isTruncated(place: ChangePlace, mark: ChangePlace | null, guarded: boolean): boolean {
  if (mark === null) return false;
  if (place.counterType === 'load' && mark.counterType !== 'load') return Number(place.counter) <= mark.timestamp;
  const order = guarded ? comparePlaces(place, mark) : compareArrivals(place, mark);
  return order === undefined ? place.timestamp <= mark.timestamp : order <= 0;
}
