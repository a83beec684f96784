import { unreachable } from '../../core/assert.ts';
import { AppError } from '../../core/errors.ts';
import type { Query } from '../../core/query.ts';
import type { StoredRecord } from '../../core/record.ts';
import { decode, encode } from '../../core/tagged-json.ts';
import type { Value } from '../../core/value.ts';
import type { LookupOptions, StoreReader } from '../../store/store.ts';
import type { CollectionWriter } from '../code.ts';
import type { RecordText, Service } from './protocol.ts';

/** Answers the process of user code from the engine: reads, where it has no reader of its own, and writes. */
export class Services {
  readonly #reader: StoreReader | null;

  constructor(reader: StoreReader | null) {
    this.#reader = reader;
  }

  /** `text` is a list of arguments; so is the answer text. */
  async serve(service: Service, text: string, write: CollectionWriter | undefined): Promise<string> {
    const args = decode(text) as Value[];
    switch (service) {
      case 'records': {
        const [collection, ids] = args as [string, string[]];
        return textOfRecords([...(await this.#read().records(collection, ids)).values()]);
      }
      case 'find': {
        const [collection, query] = args as [string, unknown] as [string, Query];
        return textOfRecords(await this.#read().find(collection, query));
      }
      case 'lookup': {
        const [collection, tuples, options] = args as unknown as [string, Value[][], LookupOptions];
        const found = await this.#read().lookup(collection, tuples, options);
        return JSON.stringify(Array.from(found, ([key, records]) => [key, records.map(recordText)]));
      }
      case 'count': {
        const [collection, query] = args as [string, unknown] as [string, Query];
        return String(await this.#read().count(collection, query));
      }
      case 'write': {
        const [method, methodArgs] = args as [string, Value[]];
        if (write === undefined) throw new AppError('UNSUPPORTED_CALL', `${method} is refused: only upsert and delete functions write`);
        return encode((await write(method, methodArgs)) ?? null);
      }
      default:
        return unreachable(service);
    }
  }

  #read(): StoreReader {
    if (this.#reader === null) throw new AppError('UNSUPPORTED_CALL', 'There is no database here: user code is only loaded');
    return this.#reader;
  }
}

function textOfRecords(records: readonly StoredRecord[]): string {
  return JSON.stringify(records.map(recordText));
}

function recordText(record: StoredRecord): RecordText {
  return [record.id, record.text, record.state, record.meta];
}
