import autocannon from 'autocannon';

export interface Load {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Answered in all, with the second that warms up. */
  readonly requests: number;
  /** Answers other than 200, and none at all. */
  readonly failed: number;
}

/** Puts load on an address as it is told to, says how much there was, and ends. */
process.once('message', (message) => void run(message as Load));

async function run({ url, seconds, connections }: Load): Promise<void> {
  const warm = await autocannon({ url, connections, duration: 1 });
  const { requests, non2xx, errors } = await autocannon({ url, connections, duration: seconds });
  const result: LoadResult = { perSecond: requests.average, requests: warm.requests.total + requests.total, failed: non2xx + errors };
  process.send?.(result, () => process.disconnect());
}
