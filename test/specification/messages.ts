/** A record to append; keys and values that are neither text nor bytes are written as JSON. */
export interface Message {
  readonly topic: string;
  readonly key?: unknown;
  readonly value?: unknown;
  /** ms since 1970. */
  readonly timestamp?: number;
  readonly partition?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

type Row = Readonly<Record<string, unknown>>;

/** A row as it is now, in the form of db2: its key, and all of it. */
export function put(projection: string, row: Row, keyFields: readonly string[] = ['id']): Message {
  return { topic: `shop.${projection}.ingestion`, key: Object.fromEntries(keyFields.map((field) => [field, row[field]])), value: row };
}

/** A row that is gone, in the form of db2: its key alone. */
export function remove(projection: string, key: Row | string | number): Message {
  return { topic: `shop.${projection}.ingestion`, key: typeof key === 'object' ? key : { id: key }, value: null };
}

/** The same record at a time of its own. */
export function at(timestamp: number, message: Message): Message {
  return { ...message, timestamp };
}
