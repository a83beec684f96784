import type { AppError } from '../core/errors.ts';
import type { LogPosition, LogRecord, NewLogRecord } from '../core/log-record.ts';

/** Offset of the next record to read, by topic and partition. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, number>>;

export interface TopicInfo {
  readonly topic: string;
  /** A topic that was deleted and made again has another id. */
  readonly topicId: string;
  /** `begin`: offset of the oldest record that is kept; `end`: of the next to come. `bytes`: of what is kept, as retention counts them. */
  readonly partitions: readonly { readonly partition: number; readonly begin: number; readonly end: number; readonly bytes: number }[];
}

/** How a topic is wanted. What is undefined is left to the log. */
export interface TopicSettings {
  readonly topic: string;
  readonly partitions: number;
  /** Copies of each record, on as many brokers. */
  readonly replication: number | undefined;
  /** How long records are kept; `Infinity`: for ever. */
  readonly retentionMs: number | undefined;
  /** Whether only the newest record of each key is kept. */
  readonly compaction: boolean | undefined;
}

/** One thing about a topic that is not as wanted. `missing`: the topic itself. */
export interface TopicDifference {
  readonly topic: string;
  readonly setting: 'missing' | 'partitions' | 'replication' | 'retentionMs' | 'compaction';
  readonly wanted: number | boolean;
  readonly actual: number | boolean | undefined;
  /** Whether it is as wanted by now. */
  readonly applied: boolean;
  /** Why it can or could not be changed. */
  readonly obstacle?: string | undefined;
}

/**
 * Where changes come from: topics of partitions of records.
 *
 * Order is kept within a partition; records of one key go to one partition. What `append` has returned is durable.
 */
export interface Log extends AsyncDisposable {
  readonly capabilities: {
    /** Positions live in the store's transaction, so that a batch and its position are one; else `commit` after the effects. */
    readonly positions: 'store' | 'log';
    /** Several processes read and append: the members of a group share the partitions among them. */
    readonly shared: boolean;
    /** What cannot be processed is also kept in a topic of its own, for other tools. */
    readonly deadLetterTopics: boolean;
    /** Single records can be removed, and old ones are removed by `trim`; else the log keeps to rules of its own. */
    readonly erasable: boolean;
  };

  /**
   * Appends all records in order and returns their positions, once they are durable. Topics are created when first needed. All or none:
   * a record that names a partition that is not there is refused with UNKNOWN_PARTITION.
   */
  append(records: readonly NewLogRecord[]): Promise<readonly LogPosition[]>;

  /** Creates topics that do not exist. */
  createTopics(topics: readonly string[]): Promise<void>;

  /** In what topics differ from what is wanted. With `apply` they are created and changed; nothing is ever removed by it. */
  provision(wanted: readonly TopicSettings[], options: { readonly apply: boolean }): Promise<readonly TopicDifference[]>;

  topics(): Promise<readonly TopicInfo[]>;

  /** Up to `limit` records of one partition, from an offset. Not more than there are; never waits. */
  read(topic: string, partition: number, offset: number, limit: number): Promise<readonly LogRecord[]>;

  /**
   * Removes key, value and headers of records for good. They keep their places and their times, and ask for nothing when they are read
   * (`isErased`). Returns how many there were.
   */
  erase(positions: readonly Pick<LogPosition, 'topic' | 'partition' | 'offset'>[]): Promise<number>;

  /**
   * A reader of several topics for a group. Begins at `from`, else (where absent) at the group's committed position, else at the beginning.
   *
   * Where the log is shared: without `from` it is a member of the group, and is given the records of some partitions; with `from` it reads
   * all partitions by itself, those that are not in it from their beginning: what it commits is only shown. Null: of no group; it begins
   * at `from`, else at the end, and commits nothing. Partitions that come later are read from their beginning.
   *
   * Where records that come next were removed before they were read, `poll` fails with POSITION_LOST when no other partition has records,
   * unless the topic is in `acceptLost`: then the oldest that is kept comes next, and what is lost later fails again.
   */
  subscribe(options: {
    readonly group: string | null;
    readonly topics: readonly string[];
    readonly from?: Offsets | undefined;
    readonly acceptLost?: readonly string[] | undefined;
  }): Promise<LogConsumer>;

  /** What a group has committed, whoever its members are. Empty where positions live in the store. */
  committed(group: string): Promise<Offsets>;

  /** Removes records older than a time or beyond a size; returns how many. Never removes beyond `keepFrom` (the slowest group's positions), nor anything of a partition that is not in it. */
  trim(options: { readonly olderThan?: number; readonly maxBytes?: number; readonly keepFrom: Offsets }): Promise<number>;
}

export interface LogConsumer extends AsyncDisposable {
  /**
   * Up to `limit` of the next records, fairly over partitions, in order within each. Waits until there is at least one, or until the
   * signal aborts or `waitMs` have passed: then an empty array.
   */
  poll(limit: number, options?: { readonly signal?: AbortSignal; readonly waitMs?: number }): Promise<readonly LogRecord[]>;

  /**
   * Every record before these offsets is done. Where positions live in the store, this only lets the log know. Where partitions are shared,
   * it does nothing for those that are another member's by now: that one reads their records again.
   */
  commit(offsets: Offsets): Promise<void>;

  /** Goes back to what was committed (with `from`: was committed by this reader): what was polled since comes again. */
  rewind(): Promise<void>;

  /** Records not yet polled, by topic. */
  lag(): Promise<ReadonlyMap<string, number>>;

  /** Why partitions are not read while the others are, and since when (ms since 1970). */
  readonly trouble?: { readonly error: AppError; readonly since: number } | undefined;
}
