import type { Consumer } from '@platformatic/kafka';
import type { LogRecord } from '../../core/log-record.ts';
import { hasProtocolError } from './client-errors.ts';
import { topicsOnBrokers } from './cluster-view.ts';
import { boundsOf } from './partition-bounds.ts';
import { batchesOf, logRecordOf } from './record-batches.ts';

const ANSWER_BYTES = 1 << 20;

export interface ReadRequest {
  readonly topic: string;
  /** As the brokers know the topic. */
  readonly real: string;
  readonly partition: number;
  readonly offset: number;
  readonly limit: number;
}

/** Reads records by their places, without following: one request at a time. */
export class RecordReader {
  readonly #client: Consumer;
  #last: Promise<unknown> = Promise.resolve();

  /** The client is used for nothing else that fetches. */
  constructor(client: Consumer) {
    this.#client = client;
  }

  read(request: ReadRequest): Promise<readonly LogRecord[]> {
    const reading = this.#last.then(() => this.#read(request));
    this.#last = reading.catch(() => undefined);
    return reading;
  }

  async #read({ topic, real, partition, offset, limit }: ReadRequest): Promise<readonly LogRecord[]> {
    const found = (await topicsOnBrokers(this.#client, [real])).get(real);
    const leader = found?.partitions[partition]?.leader;
    if (found === undefined || leader === undefined || limit <= 0) return [];
    const { begin, end } = await boundsOf(this.#client, real, partition);
    const records: LogRecord[] = [];
    for (let next = Math.max(begin, offset); next < end && records.length < limit;) {
      const before = next;
      for (const batch of await this.#fetch(topic, partition, { topicId: found.id, node: leader, from: next })) {
        for (const record of batch.records) if (records.length < limit) records.push(logRecordOf(batch, record));
        next = batch.end;
      }
      if (next === before) break;
    }
    return records;
  }

  async #fetch(
    topic: string,
    partition: number,
    { topicId, node, from }: { readonly topicId: string; readonly node: number; readonly from: number },
  ): Promise<ReturnType<typeof batchesOf>> {
    const place = { partition, fetchOffset: BigInt(from), partitionMaxBytes: ANSWER_BYTES, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
    const fetch = async (): Promise<ReturnType<typeof batchesOf>> => {
      // Waits a moment where the last bytes are not there yet; it is only asked for records that are.
      const answer = await this.#client.fetch({
        node,
        topics: [{ topicId, partitions: [{ ...place }] }],
        maxWaitTime: 100,
        minBytes: 1,
        maxBytes: ANSWER_BYTES,
      });
      const found = answer.responses.flatMap(({ partitions }) => partitions).find(({ partitionIndex }) => partitionIndex === partition);
      return batchesOf(topic, partition, found?.records ?? [], from);
    };
    try {
      return await fetch();
    } catch (error) {
      // The broker has forgotten the session, as after a restart: the next request begins another.
      if (hasProtocolError(error, 'FETCH_SESSION_ID_NOT_FOUND', 'INVALID_FETCH_SESSION_EPOCH', 'FETCH_SESSION_TOPIC_ID_ERROR'))
        return fetch();
      throw error;
    }
  }
}
