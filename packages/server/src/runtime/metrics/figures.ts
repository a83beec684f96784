import type { Clock } from '../../core/clock.ts';
import { Distribution } from '../../flow/distribution.ts';
import type { DistributionReading } from '../../flow/distribution.ts';
import { FRESHNESS_SECONDS, STAGES } from '../../flow/stats.ts';
import type { PipelineStats, StageName } from '../../flow/stats.ts';
import { newSessionStats } from '../../flow/5-serve/session-stats.ts';
import type { SessionStats } from '../../flow/5-serve/session-stats.ts';
import type { LiveEngine } from '../../flow/5-serve/live-engine.ts';
import type { Commit } from '../../store/store.ts';

const SAMPLE_EVERY_MS = 1_000;
const WINDOW_MS = 10_000;

/** Who knows what is served live. */
export interface LiveFigures {
  readonly stats: SessionStats;
  readonly live: Pick<LiveEngine, 'counts' | 'subscriptionsOf' | 'matchMs'>;
}

/** Where nothing is served. */
export const NOT_SERVED: LiveFigures = {
  stats: newSessionStats(),
  live: { counts: { subscriptions: 0, queries: 0 }, subscriptionsOf: () => 0, matchMs: 0 },
};

/** Of all stages. What serving does while a unit is committed counts there alone. */
export type StageMs = Readonly<Record<StageName | 'serve', number>>;

interface Sample {
  readonly at: number;
  readonly stats: PipelineStats;
  readonly stageMs: StageMs;
  readonly changes: ReadonlyMap<string, number>;
  readonly framesOut: number;
}

/** What of the last ten seconds can be said per second. */
export interface Rates {
  readonly perSecond: Readonly<Record<'changes' | 'projectionDeltas' | 'triggers' | 'viewsWritten' | 'framesOut', number>>;
  /** Share of the time, 0 to 1, that a stage worked. */
  readonly busy: StageMs;
  changesPerSecond(collection: string): number;
}

/** The figures of a server: those of the pipeline and of the sessions, what commits changed, and all of it over the last ten seconds. */
export class Figures {
  readonly #statsOf: () => PipelineStats;
  readonly #liveOf: () => LiveFigures;
  readonly #clock: Clock;
  readonly #changes = new Map<string, number>();
  readonly #delivery = new Distribution(FRESHNESS_SECONDS);
  /** Oldest first; the oldest is as old as the window, once there are enough. */
  readonly #samples: Sample[] = [];
  readonly startedAt: number;

  constructor(parts: { readonly stats: () => PipelineStats; readonly live: () => LiveFigures; readonly clock: Clock }) {
    this.#statsOf = parts.stats;
    this.#liveOf = parts.live;
    this.#clock = parts.clock;
    this.startedAt = parts.clock.now();
    this.#samples.push(this.#sample());
  }

  /** To be called with every commit. */
  readonly take = ({ deltas }: Commit): void => {
    const now = this.#clock.now();
    for (const { collection, position } of deltas) {
      this.#changes.set(collection, (this.#changes.get(collection) ?? 0) + 1);
      if (position !== null) this.#delivery.add(Math.max(0, now - position.timestamp) / 1_000);
    }
  };

  /** Seconds from the timestamps of records to the telling of what they changed, since the start of the server. */
  get delivery(): DistributionReading {
    return this.#delivery.read();
  }

  /** Samples until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(SAMPLE_EVERY_MS, signal);
      this.#samples.push(this.#sample());
      const horizon = this.#clock.now() - WINDOW_MS;
      while ((this.#samples[1]?.at ?? Number.POSITIVE_INFINITY) <= horizon) this.#samples.shift();
    }
  }

  get stats(): PipelineStats {
    return this.#statsOf();
  }

  get live(): LiveFigures {
    return this.#liveOf();
  }

  /** Documents changed since the start of the server, by collection. */
  get changes(): ReadonlyMap<string, number> {
    return this.#changes;
  }

  rates(): Rates {
    const now = this.#sample();
    const before = this.#samples[0] ?? now;
    const ms = Math.max(1, now.at - before.at);
    const rate = (count: number): number => Math.round((count * 10_000) / ms) / 10;
    const perSecond = (name: 'changes' | 'projectionDeltas' | 'triggers' | 'viewsWritten'): number =>
      rate(now.stats[name] - before.stats[name]);
    const shareOf = (stage: keyof StageMs): number => Math.min(1, Math.max(0, (now.stageMs[stage] - before.stageMs[stage]) / ms));
    const busy = [...STAGES, 'serve' as const].map((stage) => [stage, shareOf(stage)]);
    return {
      perSecond: {
        changes: perSecond('changes'),
        projectionDeltas: perSecond('projectionDeltas'),
        triggers: perSecond('triggers'),
        viewsWritten: perSecond('viewsWritten'),
        framesOut: rate(now.framesOut - before.framesOut),
      },
      busy: Object.fromEntries(busy) as StageMs,
      changesPerSecond: (collection) => rate((now.changes.get(collection) ?? 0) - (before.changes.get(collection) ?? 0)),
    };
  }

  #sample(): Sample {
    const [stats, live] = [this.#statsOf(), this.#liveOf()];
    const stageMs = stageMsOf(stats, live);
    return { at: this.#clock.now(), stats, stageMs, changes: new Map(this.#changes), framesOut: live.stats.framesOut };
  }
}

function stageMsOf({ stageMs }: PipelineStats, { stats, live }: LiveFigures): StageMs {
  return { ...stageMs, commit: Math.max(0, stageMs.commit - live.matchMs), serve: live.matchMs + stats.sendMs };
}
