import type { Log, Offsets } from '../../log/log.ts';
import type { Store } from '../../store/store.ts';
import { readJobs } from '../jobs/job-rows.ts';
import type { Pauses } from '../pauses.ts';
import type { Group } from './groups.ts';

interface Parts {
  readonly log: Log;
  readonly store: Store;
  readonly groups: readonly Group[];
  readonly pauses: Pauses;
  /** Topics that a group does not read for the time being. */
  readonly pausedTopics: (group: Group) => ReadonlySet<string>;
}

/** Whether anything is left to do for any process of the project. */
export class IdleWatch {
  readonly #parts: Parts;
  /** Of all topics, when nothing was found to do. */
  #quietAt: string | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** True when twice in a row there was nothing, and nothing had come in between: what passes from a topic to the queue is in neither look. */
  async look(): Promise<boolean> {
    const ends = await this.#lookOnce();
    const isQuiet = ends !== undefined && ends === this.#quietAt;
    this.#quietAt = ends;
    return isQuiet;
  }

  /** The ends of all topics where all is done; undefined where something is to be done. */
  async #lookOnce(): Promise<string | undefined> {
    const { log, groups, pausedTopics } = this.#parts;
    if (await this.#isQueued()) return undefined;
    const topics = new Map((await log.topics()).map((topic) => [topic.topic, topic]));
    for (const group of groups) {
      const committed = await this.committed(group.name);
      const paused = pausedTopics(group);
      for (const name of group.topics.filter((topic) => !paused.has(topic))) {
        for (const { partition, begin, end } of topics.get(name)?.partitions ?? [])
          if (Math.max(begin, committed.get(name)?.get(partition) ?? 0) < end) return undefined;
      }
    }
    const ends = Array.from(
      topics.values(),
      ({ topic, topicId, partitions }) => `${topic} ${topicId} ${partitions.map(({ end }) => end).join(' ')}`,
    );
    return ends.sort().join('\n');
  }

  committed(group: string): Promise<Offsets> {
    const { log, store } = this.#parts;
    return log.capabilities.positions === 'log' ? log.committed(group) : store.positions(group);
  }

  async #isQueued(): Promise<boolean> {
    const { store, pauses } = this.#parts;
    const rows = (await store.queued()).filter(({ count }) => count > 0);
    if (rows.length === 0) return false;
    const paused = pauses.topics();
    const waiting = new Set((await readJobs(store)).filter(({ state }) => state === 'paused').map(({ scope }) => scope));
    return rows.some(({ kind, scope }) => {
      if (kind === 'trigger') return !pauses.hasView(scope);
      if (kind === 'record') return !paused.has(scope);
      return kind !== 'job' || !waiting.has(scope);
    });
  }
}
