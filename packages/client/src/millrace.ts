import type { CollectionsOverview, PipelineOverview } from '@millrace/protocol';
import type { ConnectionStatus } from './connection-state.ts';
import type { MillraceError } from './error.ts';
import { encodeValue } from './extended-json.ts';
import { Http } from './http.ts';
import type { RequestOptions } from './http.ts';
import { keyText } from './key-text.ts';
import type { Key } from './key-text.ts';
import { LiveQuery } from './live-query.ts';
import { resolveOptions } from './options.ts';
import type { ConnectOptions } from './options.ts';
import type { FindQuery, Query, Select, Where } from './query.ts';
import { requestOf } from './request.ts';
import type { PlainQuery } from './request.ts';
import type { Row } from './row.ts';
import { Session } from './session.ts';
import type { AnyDocument } from './value.ts';

/** Collections of which nothing is known. */
export interface AnyCollections {
  readonly [collection: string]: AnyDocument;
}

type Name<Collections> = keyof Collections & string;
type KeyIn<Keys, Collection> = Collection extends keyof Keys ? Keys[Collection] : Key;

/**
 * A client of one Millrace server. `Collections` says which documents each collection holds and `Keys` what their keys are:
 * `millrace types` writes both.
 *
 * Nothing is connected before the first live query is subscribed to. Close it when it is no longer needed: an open connection keeps a
 * Node process alive.
 */
export class Millrace<
  Collections extends object = AnyCollections,
  Keys extends object = { readonly [collection: string]: Key },
> implements Disposable {
  readonly #session: Session;
  readonly #http: Http;
  readonly #listeners = new Set<(status: ConnectionStatus) => void>();
  readonly #stopListening: () => void;

  /** Made by `connect`. */
  constructor(url: string, options: ConnectOptions) {
    const { session, http, network } = resolveOptions(url, options);
    this.#session = new Session({ ...session, onStatus: (status) => this.#tell(status) });
    this.#http = new Http(http);
    const online = (): void => this.#session.link.dispatch({ name: 'online' });
    network?.addEventListener('online', online);
    this.#stopListening = () => network?.removeEventListener('online', online);
  }

  /** Of the connection that live queries share. */
  get status(): ConnectionStatus {
    return this.#session.link.status;
  }

  /** Why there is no connection; undefined where there is one, or none was tried. */
  get error(): MillraceError | undefined {
    return this.#session.link.error;
  }

  /** Calls the listener whenever `status` changes; gives what ends that. */
  readonly onStatus = (listener: (status: ConnectionStatus) => void): (() => void) => {
    // Of its own, so that one listener can be added twice.
    const own = (status: ConnectionStatus): void => listener(status);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };

  /**
   * A live query on a projection or a single view. Without a query: all of its documents.
   *
   * ```ts
   * const late = client.liveQuery('orders', { where: { status: 'riding' }, sort: { placedAt: 1 }, limit: 20 });
   * const stop = late.subscribe(({ rows, changes, status }) => render(rows));
   * ```
   */
  liveQuery<Collection extends Name<Collections>, const S extends Select<Collections[Collection]> | undefined = undefined>(
    collection: Collection,
    query: Query<Collections[Collection], S> = {},
  ): LiveQuery<Row<Collections[Collection], S>> {
    return new LiveQuery(this.#session, requestOf(collection, query as PlainQuery));
  }

  /** The documents of a query, once. At most so many as the server allows (25 where no `limit` is given). */
  get<Collection extends Name<Collections>, const S extends Select<Collections[Collection]> | undefined = undefined>(
    collection: Collection,
    query?: FindQuery<Collections[Collection], S>,
    options?: RequestOptions,
  ): Promise<readonly Row<Collections[Collection], S>[]>;
  /** One document by its key: a bare value, or an object where the key has several fields. Undefined where there is none. */
  get<Collection extends Name<Collections>>(
    collection: Collection,
    key: KeyIn<Keys, Collection>,
    options?: RequestOptions,
  ): Promise<Row<Collections[Collection]> | undefined>;
  get(collection: string, what: unknown = {}, options: RequestOptions = {}): Promise<unknown> {
    const path = encodeURIComponent(collection);
    if (!isQuery(what)) {
      const id = encodeURIComponent(keyText(what as Key));
      return this.#http.get(`${path}/${id}`, { _rawp: jsonOf(withoutMetadata()) }, { ...options, mayMiss: true });
    }
    const { where, sort, limit, select } = requestOf(collection, what);
    return this.#http.get(
      path,
      {
        _q: jsonOf(where),
        _s: jsonOf(sort),
        _l: textOf(limit),
        _sk: textOf(what.skip),
        _rawp: jsonOf(withoutMetadata(select)),
      },
      options,
    );
  }

  /** How many documents match. */
  async count<Collection extends Name<Collections>>(
    collection: Collection,
    where?: Where<Collections[Collection]>,
    options: RequestOptions = {},
  ): Promise<number> {
    return (await this.#http.get(`${encodeURIComponent(collection)}/count`, { _q: jsonOf(encodeValue(where)) }, options)) as number;
  }

  /** What there is: projections and single views, with counts and rates. */
  async collections(options: RequestOptions = {}): Promise<CollectionsOverview> {
    return (await this.#http.get('-/collections', {}, options)) as CollectionsOverview;
  }

  /** What flows through the stages of the server. */
  async pipeline(options: RequestOptions = {}): Promise<PipelineOverview> {
    return (await this.#http.get('-/pipeline', {}, options)) as PipelineOverview;
  }

  /** Tries now, where an attempt is waited for or a token was refused; makes the connection anew where there is one. */
  reconnect(): void {
    this.#session.link.dispatch({ name: 'reconnect' });
  }

  /** Ends all live queries and the connection, for ever. Reading over HTTP still works. */
  close(): void {
    this.#stopListening();
    this.#session.link.dispatch({ name: 'close' });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #tell(status: ConnectionStatus): void {
    for (const listener of Array.from(this.#listeners)) {
      try {
        listener(status);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/**
 * A client of the server at a URL (`http://127.0.0.1:4122`; in a browser also a path of the page's own origin). Returns at once.
 * Throws INVALID_ARGUMENT where the URL or an option cannot be.
 */
export function connect<Collections extends object = AnyCollections, Keys extends object = { readonly [collection: string]: Key }>(
  url: string,
  options: ConnectOptions = {},
): Millrace<Collections, Keys> {
  return new Millrace(url, options);
}

/** What the server adds over HTTP, and live queries do not show: documents are the same both ways. */
const METADATA = { __STATE__: 0, createdAt: 0, updatedAt: 0 } as const;

function withoutMetadata(select: Readonly<Record<string, 0 | 1>> = {}): Readonly<Record<string, 0 | 1>> {
  return Object.values(select).includes(1) ? select : { ...METADATA, ...select };
}

const QUERY_FIELDS: ReadonlySet<string> = new Set(['where', 'sort', 'limit', 'select', 'skip']);

/** A compound key is an object too: it is none of a query's fields. */
function isQuery(what: unknown): what is PlainQuery & { readonly skip?: number } {
  if (typeof what !== 'object' || what === null || what instanceof Date) return false;
  return Object.keys(what).every((field) => QUERY_FIELDS.has(field));
}

function jsonOf(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function textOf(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
