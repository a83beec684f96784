import type { Broker, Place, Told } from './broker.ts';
import { quantile } from './figures.ts';

/** What a change is handed over by, from one stage to the next, and what it is called there. */
const HOPS = ['pr-update', 'sv-trigger', 'sv-update'] as const;

export type Hops = Readonly<Record<(typeof HOPS)[number], { readonly p50: number; readonly p99: number }>>;

/** How long a change takes from one hand-over to the next: by the times that the messages bear, ms. */
export class HopWatch {
  readonly #broker: Broker;
  readonly #topics: readonly string[];
  readonly #begin: readonly (readonly Place[])[];

  private constructor(broker: Broker, topics: readonly string[], begin: readonly (readonly Place[])[]) {
    this.#broker = broker;
    this.#topics = topics;
    this.#begin = begin;
  }

  /** Of what is handed over from now on, through topics with these ends of their names. */
  static async start(broker: Broker, ends: Readonly<Record<(typeof HOPS)[number], string>>): Promise<HopWatch> {
    const topics = await Promise.all(HOPS.map((hop) => broker.topicEnding(ends[hop])));
    return new HopWatch(broker, topics, await Promise.all(topics.map((topic) => broker.ends(topic))));
  }

  async read(): Promise<Hops> {
    let before: ReadonlyMap<string, number> | undefined;
    const hops: [string, { p50: number; p99: number }][] = [];
    for (const [i, hop] of HOPS.entries()) {
      const at = new Map<string, number>();
      const took: number[] = [];
      for (const told of await this.#broker.readFrom(this.#topics[i] as string, this.#begin[i] as readonly Place[])) {
        const cause = causeOf(told);
        if (cause === undefined) continue;
        const from = before === undefined ? cause.timestamp : before.get(cause.place);
        at.set(cause.place, told.timestamp);
        if (from !== undefined) took.push(told.timestamp - from);
      }
      before = at;
      hops.push([hop, { p50: quantile(took, 0.5), p99: quantile(took, 0.99) }]);
    }
    return Object.fromEntries(hops) as unknown as Hops;
  }
}

interface Cause {
  readonly topic: string;
  readonly offset: number;
  readonly partitionID?: number;
  readonly partition?: number;
  readonly timestamp: string;
}

/** The ingested record behind a message. */
function causeOf({ headers, value }: Told): { readonly place: string; readonly timestamp: number } | undefined {
  const context = headers.get('context');
  const cause = (
    context === undefined
      ? (JSON.parse(value) as { __internal__kafkaInfo?: Cause }).__internal__kafkaInfo
      : (JSON.parse(context) as { ingestion?: Cause }).ingestion
  ) as Cause | undefined;
  if (cause === undefined) return undefined;
  const place = `${cause.topic}/${cause.partitionID ?? cause.partition}/${cause.offset}`;
  return { place, timestamp: Date.parse(cause.timestamp) };
}
