import { signature } from '../document/value.ts';

/** One document as the table holds it. */
export interface Row {
  readonly id: string;
  readonly document: Readonly<Record<string, unknown>>;
}

export type RowMark = 'enter' | 'change' | 'leave';

/** A row with what has just happened to it. A row that left is still shown for a moment. */
export interface MarkedRow extends Row {
  readonly mark: RowMark | undefined;
  /** Grows with each mark, so that the same mark twice is seen twice. */
  readonly markedAt: number;
  /** Top-level fields that are other than before. */
  readonly changedFields: ReadonlySet<string>;
}

/** How long a mark is seen, and a row that left still stands. */
export const MARK_MS = 1_600;
export const LEAVE_MS = 700;
const NO_FIELDS: ReadonlySet<string> = new Set();

/**
 * The next rows to show: the new result, each row with its mark, and between them the rows that have just left, behind the row that they
 * stood behind. Marks end by themselves, so this is called again some time after the last change. Without rows before, nothing is marked: a
 * first result has not just come in.
 */
export function markRows(before: readonly MarkedRow[] | undefined, result: readonly Row[], now: number): MarkedRow[] {
  if (before === undefined) return result.map((row) => marked(row, undefined, now));
  const old = new Map(before.map((row) => [row.id, row]));
  const present = new Set(result.map(({ id }) => id));
  const next = result.map((row): MarkedRow => {
    const last = old.get(row.id);
    if (last === undefined || last.mark === 'leave') return marked(row, 'enter', now);
    const fields = last.document === row.document ? NO_FIELDS : changedFields(last.document, row.document);
    if (fields.size > 0) return { ...row, mark: 'change', markedAt: now, changedFields: fields };
    if (last.mark === undefined || now - last.markedAt < MARK_MS) return last;
    return marked(row, undefined, last.markedAt);
  });
  return withLeaving(before, next, { present, now });
}

/** Whether some mark is still to end. */
export function hasMarks(rows: readonly MarkedRow[]): boolean {
  return rows.some(({ mark }) => mark !== undefined);
}

function marked(row: Row, mark: RowMark | undefined, markedAt: number): MarkedRow {
  return { id: row.id, document: row.document, mark, markedAt, changedFields: NO_FIELDS };
}

interface Leaving {
  readonly present: ReadonlySet<string>;
  readonly now: number;
}

function withLeaving(before: readonly MarkedRow[], next: readonly MarkedRow[], { present, now }: Leaving): MarkedRow[] {
  const behind = new Map<string | undefined, MarkedRow[]>();
  let anchor: string | undefined;
  for (const row of before) {
    if (present.has(row.id)) {
      anchor = row.id;
      continue;
    }
    const leaving = row.mark === 'leave' ? row : marked(row, 'leave', now);
    if (now - leaving.markedAt >= LEAVE_MS) continue;
    const list = behind.get(anchor);
    if (list === undefined) behind.set(anchor, [leaving]);
    else list.push(leaving);
  }
  if (behind.size === 0) return [...next];
  return [...(behind.get(undefined) ?? []), ...next.flatMap((row) => [row, ...(behind.get(row.id) ?? [])])];
}

function changedFields(before: Row['document'], after: Row['document']): ReadonlySet<string> {
  const fields = new Set<string>();
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (before[name] !== after[name] && signature(before[name]) !== signature(after[name])) fields.add(name);
  }
  return fields;
}
