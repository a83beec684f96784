import type { ErrorEntry } from '../../store/store.ts';
import type { Output } from '../context.ts';
import { table } from '../table.ts';
import { line, painter } from '../terminal.ts';
import { identifierOf, shownBytes } from './entry-json.ts';

const COLUMNS = [
  { title: 'ID' },
  { title: 'CODE' },
  { title: 'OF' },
  { title: 'TRIED', align: 'right' },
  { title: 'SINCE' },
  { title: 'REASON', flexible: true },
] as const;

/** One line per entry. */
export function printEntries(output: Output, entries: readonly ErrorEntry[], now: number): void {
  const paint = painter(output);
  const rows = entries.map((entry) => [
    entry.resolvedAt === null ? paint('name', entry.id) : paint('quiet', entry.id),
    entry.resolvedAt === null ? paint('bad', entry.code) : paint('good', `${entry.code} (resolved)`),
    entry.projection ?? entry.view ?? '',
    String(entry.attempts),
    ago(now - entry.createdAt),
    entry.reason,
  ]);
  const [titles = '', ...lines] = table(COLUMNS, rows, output.columns);
  line(output, paint('title', titles));
  for (const text of lines) line(output, text);
}

/** All there is of one entry. */
export function printEntry(output: Output, entry: ErrorEntry): void {
  const paint = painter(output);
  const { position } = entry;
  const facts: readonly (readonly [string, string | null])[] = [
    ['reason', entry.reason],
    ['system', entry.system],
    ['projection', entry.projection],
    ['view', entry.view],
    ['identifier', entry.identifier === null ? null : JSON.stringify(identifierOf(entry))],
    ['topic', position === null ? null : `${position.topic}, partition ${position.partition}, offset ${position.offset}`],
    ['timestamp', position === null ? null : new Date(position.timestamp).toISOString()],
    ['headers', Object.keys(entry.headers).length === 0 ? null : JSON.stringify(entry.headers)],
    ['key', entry.kind === 'single-view' ? null : shownBytes(entry.key)],
    ['value', entry.kind === 'single-view' ? null : shownBytes(entry.value)],
    ['attempts', String(entry.attempts)],
    ['created', new Date(entry.createdAt).toISOString()],
    ['resolved', entry.resolvedAt === null ? null : new Date(entry.resolvedAt).toISOString()],
  ];
  line(output, `${paint('title', entry.id)} ${paint('bad', entry.code)}`);
  for (const [name, value] of facts) if (value !== null) line(output, `  ${paint('quiet', name.padEnd(10))} ${value}`);
}

/** `42 s`, `3 min`, `5 h`, `2 d`. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return seconds < 86_400 * 2 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
