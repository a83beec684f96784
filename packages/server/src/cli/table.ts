import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Takes the room that is left, and is cut there. */
  readonly flexible?: boolean;
}

const GAP = '  ';
const LEAST_FLEXIBLE = 12;

/** Rows under titles, in columns as wide as they need. Cells may hold colours; the last column is not padded. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const all = [columns.map((column) => column.title), ...rows.map((row) => row.map((cell) => cell.replaceAll(/\s+/g, ' ')))];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => widthOf(row[i] ?? ''))));
  const flexible = columns.findIndex((column) => column.flexible === true);
  if (flexible >= 0) {
    const taken = widths.reduce((sum, each, i) => (i === flexible ? sum : sum + each), GAP.length * (columns.length - 1));
    widths[flexible] = Math.min(widths[flexible] ?? 0, Math.max(LEAST_FLEXIBLE, width - taken));
  }
  return all.map((row) =>
    columns
      .map((column, i) => fit(row[i] ?? '', widths[i] ?? 0, column))
      .join(GAP)
      .trimEnd(),
  );
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}

function fit(cell: string, width: number, column: Column): string {
  const missing = width - widthOf(cell);
  if (missing < 0) return `${stripVTControlCharacters(cell).slice(0, width - 1)}…`;
  return column.align === 'right' ? ' '.repeat(missing) + cell : cell + ' '.repeat(missing);
}
