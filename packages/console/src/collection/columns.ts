import type { CollectionOverview } from '@millrace/client';
import { kindOf } from '../document/value.ts';
import type { Row } from './row-marks.ts';

export interface Column {
  readonly name: string;
  readonly isKey: boolean;
  /** Numbers stand at the right. */
  readonly isNumber: boolean;
  readonly widthPx: number;
}

const MOST_COLUMNS = 14;
const LOOKED_AT = 40;
const WIDTHS = { number: 112, date: 204, boolean: 88, list: 96, other: 196, key: 148 } as const;

/** The key first, then what is short, then lists and objects. Fields that the server does not know are found in the rows. */
export function columnsOf(collection: Pick<CollectionOverview, 'key' | 'fields'>, rows: readonly Row[]): Column[] {
  const seen = rows.slice(0, LOOKED_AT);
  const known = collection.fields.map(({ name }) => name);
  const found = seen.flatMap(({ document }) => Object.keys(document));
  const names = new Set([...collection.key, ...known, ...found].filter((name) => !name.startsWith('_') && !OURS.has(name)));
  const keys = new Set(collection.key);
  const columns = [...names].map((name) => column(name, keys.has(name), { seen, collection }));
  return columns.toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST_COLUMNS);

  function rank({ name, isKey }: Column): number {
    if (isKey) return 0;
    return seen.some(({ document }) => ['list', 'object'].includes(kindOf(document[name]))) ? 2 : 1;
  }
}

/** Fields that every document has beside its own. */
const OURS: ReadonlySet<string> = new Set(['creatorId', 'createdAt', 'updaterId', 'updatedAt', '__STATE__']);

interface Known {
  readonly seen: readonly Row[];
  readonly collection: Pick<CollectionOverview, 'fields'>;
}

function column(name: string, isKey: boolean, { seen, collection }: Known): Column {
  const values = seen.map(({ document }) => document[name]).filter((value) => value !== null && value !== undefined);
  const type = collection.fields.find((field) => field.name === name)?.type ?? null;
  const kind = values.length > 0 ? kindOf(values[0]) : kindOfType(type);
  const isNumber = kind === 'number';
  let widthPx: number = WIDTHS.other;
  if (kind === 'number' || kind === 'date' || kind === 'boolean' || kind === 'list') widthPx = WIDTHS[kind];
  else if (isKey) widthPx = WIDTHS.key;
  return { name, isKey, isNumber, widthPx: Math.max(widthPx, Math.min(220, name.length * 8 + 44)) };
}

function kindOfType(type: string | null): string {
  if (type === null) return 'text';
  if (/number|int|long|float|decimal|double/i.test(type)) return 'number';
  return /date|time/i.test(type) ? 'date' : type.toLowerCase();
}
