import type { LogPosition } from '../../core/log-record.ts';

/** A field that could not be projected: counted, with one example that says where, never what. */
export interface FieldReport {
  readonly projection: string;
  /** `UNKNOWN_FIELD`: sent, but no field of the projection. `UNCASTABLE_FIELD`: its cast failed. */
  readonly type: 'UNKNOWN_FIELD' | 'UNCASTABLE_FIELD';
  /** The source's name of it. */
  readonly field: string;
  readonly count: number;
  readonly first: LogPosition;
  readonly last: LogPosition;
}

/** Distinct fields of one projection and type; more are counted together under this name. */
const MAX_FIELDS = 200;
export const OTHER_FIELDS = '…';

type Entry = { -readonly [Property in keyof FieldReport]: FieldReport[Property] };

/** Unknown and uncastable fields since the start, in bounded memory. */
export class FieldReports {
  readonly #entries = new Map<string, Map<string, Entry>>();

  /** Those of a part. */
  addAll(reports: readonly FieldReport[]): void {
    for (const { projection, type, field, count, first, last } of reports) {
      this.add(projection, type, field, first);
      const entry = this.#entryOf(projection, type, field);
      if (entry === undefined) continue;
      entry.count += count - 1;
      entry.last = last;
    }
  }

  add(projection: string, type: FieldReport['type'], field: string, position: LogPosition): void {
    const group = `${type} ${projection}`;
    let entries = this.#entries.get(group);
    if (entries === undefined) this.#entries.set(group, (entries = new Map()));
    const name = entries.has(field) || entries.size < MAX_FIELDS ? field : OTHER_FIELDS;
    const entry = entries.get(name);
    if (entry === undefined) entries.set(name, { projection, type, field: name, count: 1, first: position, last: position });
    else {
      entry.count++;
      entry.last = position;
    }
  }

  #entryOf(projection: string, type: FieldReport['type'], field: string): Entry | undefined {
    const entries = this.#entries.get(`${type} ${projection}`);
    return entries?.get(field) ?? entries?.get(OTHER_FIELDS);
  }

  /** Most frequent first. */
  list(): readonly FieldReport[] {
    const all = [...this.#entries.values()].flatMap((entries) => [...entries.values()]);
    return all.map((entry) => ({ ...entry })).sort((a, b) => b.count - a.count);
  }
}
