import { createRequire } from 'node:module';
import { onTestFinished } from 'vitest';

/** What is used of `space-api` 0.10.3, which has no types of its own. */
export interface SpaceApi {
  Mongo(): Database;
  setToken(token: string): void;
}
interface Database {
  liveQuery(collection: string): LiveQuery;
  get(collection: string): Get;
  getOne(collection: string): Get;
  count(collection: string): Get;
  insert(collection: string): { one(document: object): Promise<Answer> };
}
export interface LiveQuery {
  where(...conditions: readonly unknown[]): LiveQuery;
  options(options: { readonly changesOnly: boolean }): LiveQuery;
  subscribe(onSnapshot: OnSnapshot, onError: (error: unknown) => void): () => void;
}
export interface Get {
  where(...conditions: readonly unknown[]): Get;
  select(fields: object): Get;
  sort(...fields: readonly string[]): Get;
  skip(count: number): Get;
  limit(count: number): Get;
  apply(): Promise<Answer>;
  all(): Promise<Answer>;
  one(): Promise<Answer>;
  distinct(field: string): Promise<Answer>;
  count(): Promise<Answer>;
}
export interface Answer {
  readonly status: number;
  readonly data: { readonly result?: unknown; readonly error?: string };
}
export type Row = Readonly<Record<string, unknown>>;
type OnSnapshot = (docs: readonly Row[], type: string, changed: Row) => void;

interface Sockets {
  readonly realTime: { readonly client: { connect(): void; socket?: { close(): void } } };
}

const spaceApi = createRequire(import.meta.url)('space-api') as {
  readonly API: new (project: string, url: string) => SpaceApi & Sockets;
  readonly cond: (field: string, operator: string, value: unknown) => unknown;
  readonly and: (...conditions: readonly unknown[]) => unknown;
  readonly or: (...conditions: readonly unknown[]) => unknown;
};
export const { cond, and, or } = spaceApi;

/** The unmodified client. It has no way to end: after the test it is kept from coming back. */
export function connect(project: string, url: string): SpaceApi & Sockets {
  const api = new spaceApi.API(project, url);
  onTestFinished(() => {
    const { client } = api.realTime;
    client.connect = () => undefined;
    client.socket?.close();
  });
  return api;
}

/** What a live query has told its application. */
export class Watch {
  readonly calls: { readonly docs: readonly Row[]; readonly type: string; readonly changed: Row }[] = [];
  readonly errors: unknown[] = [];
  readonly unsubscribe: () => void;

  constructor(query: LiveQuery) {
    this.unsubscribe = query.subscribe(
      (docs, type, changed) => this.calls.push({ docs: structuredClone(docs), type, changed: structuredClone(changed) }),
      (error) => this.errors.push(error),
    );
  }

  get last() {
    return this.calls.at(-1);
  }

  get ids(): readonly string[] {
    return (this.last?.docs ?? []).map((row) => row['id'] as string);
  }
}
