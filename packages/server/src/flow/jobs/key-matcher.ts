import { idOf } from '../../core/key.ts';
import { textOf } from '../../core/log-record.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { Document, Value } from '../../core/value.ts';
import { isDocument } from '../../core/value.ts';
import type { ErrorEntry } from '../../store/store.ts';
import { deltaOfText } from '../3-strategy/delta-document.ts';
import { recordKey } from '../record-item.ts';
import type { JobParts } from './job-parts.ts';

/** How deep a key is looked for in a record that cannot be read as its format says. */
const DEPTH = 6;

/** Finds the records of the log that are about one key of a projection: those that change it, and those that it was, or becomes, another key in. */
export class KeyMatcher {
  readonly #parts: Pick<JobParts, 'ingestor' | 'projector' | 'definitions'>;
  readonly #collection: string;
  readonly #id: string;

  constructor(parts: Pick<JobParts, 'ingestor' | 'projector' | 'definitions'>, collection: string, id: string) {
    this.#parts = parts;
    this.#collection = collection;
    this.#id = id;
  }

  /** What cannot be read counts where it holds the key. */
  async matching(records: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    if (records.length === 0) return [];
    const { ingestor, projector } = this.#parts;
    const decoded = await ingestor.decode(records);
    const changes = decoded.changes.filter(({ projection }) => projection === this.#collection);
    const prepared = await projector.prepare(changes);
    const found = new Set<string>();
    const read = new Set<string>();
    for (const { change, id, movedFrom, movedTo } of prepared.batches.flatMap((batch) => batch.changes)) {
      read.add(recordKey(change.position));
      if (id === this.#id || movedFrom === this.#id || movedTo === this.#id) found.add(recordKey(change.position));
    }
    return records.filter((record) => {
      const key = recordKey(record);
      return found.has(key) || (!read.has(key) && this.#isMentioned(record.key, record.value));
    });
  }

  async matchingEntries(entries: readonly ErrorEntry[]): Promise<readonly ErrorEntry[]> {
    const records = new Map<LogRecord, ErrorEntry>();
    const theirs: ErrorEntry[] = [];
    for (const entry of entries) {
      const { position, key, value, headers } = entry;
      if (position !== null && entry.code !== 'STRATEGY_FAILED')
        records.set({ ...position, key: dataOf(key), value: dataOf(value), headers }, entry);
      else if (isChangeOf(entry, this.#collection, this.#id) || this.#isMentioned(key, value)) theirs.push(entry);
    }
    for (const record of await this.matching([...records.keys()])) theirs.push(records.get(record) as ErrorEntry);
    return theirs;
  }

  #isMentioned(key: string | Uint8Array | null, value: string | Uint8Array | null): boolean {
    return [key, value].some((data) => {
      const json = data === null ? undefined : jsonOf(textOf(data));
      return json !== undefined && this.#isIn(json, DEPTH);
    });
  }

  #isIn(value: Value, depth: number): boolean {
    if (depth === 0) return false;
    if (Array.isArray(value)) return value.some((item) => this.#isIn(item, depth - 1));
    if (!isDocument(value)) return false;
    return this.#isKeyOf(value) || Object.values(value).some((item) => item !== undefined && this.#isIn(item, depth - 1));
  }

  #isKeyOf(row: Document): boolean {
    for (const { name, fields, primaryKey } of this.#parts.definitions.systems.flatMap((system) => system.projections)) {
      if (name !== this.#collection) continue;
      const sources = fields.filter((field) => primaryKey.includes(field.name));
      for (const nameOf of [(field: (typeof sources)[number]) => field.source, (field: (typeof sources)[number]) => field.name]) {
        if (!sources.every((field) => row[nameOf(field)] !== undefined)) continue;
        if (idOf(Object.fromEntries(sources.map((field) => [field.name, row[nameOf(field)] ?? null]))) === this.#id) return true;
      }
    }
    return false;
  }
}

/** Whether an entry keeps a change of this record, on which a strategy failed. */
export function isChangeOf({ code, value }: Pick<ErrorEntry, 'code' | 'value'>, collection: string, id: string): boolean {
  const text = code === 'STRATEGY_FAILED' && value !== null ? textOf(value) : undefined;
  if (text === undefined) return false;
  const delta = deltaOfText(text);
  return delta.collection === collection && delta.id === id;
}

function dataOf(bytes: Uint8Array | null): string | Uint8Array | null {
  return bytes === null ? null : (textOf(bytes) ?? bytes);
}

function jsonOf(text: string | undefined): Value | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Value);
  } catch {
    return undefined;
  }
}
