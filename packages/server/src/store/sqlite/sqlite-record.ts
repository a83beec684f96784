import { StoredRecord } from '../../core/record.ts';
import { stateOf } from './sqlite-collection.ts';

/** A record as read: it knows its row, and the unit of work that read it, so that a write in the same unit need not look again. */
export class SqliteRecord extends StoredRecord {
  readonly n: number;
  /** Number of the unit of work; -1 outside of one. */
  readonly unit: number;

  constructor(id: string, n: number, doc: string | null, state: number, meta: string, unit: number) {
    super(id, doc, stateOf(state), meta);
    this.n = n;
    this.unit = unit;
  }
}
