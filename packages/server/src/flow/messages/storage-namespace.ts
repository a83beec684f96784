import { textOf } from '../../core/log-record.ts';
import type { LogRecord } from '../../core/log-record.ts';

/** The collection that a pr-update or sv-update names, where topics are shared. Undefined where there is none. */
export function storageNamespaceOf({ value }: Pick<LogRecord, 'value'>): string | undefined {
  const text = value === null ? undefined : textOf(value);
  if (text === undefined) return undefined;
  try {
    const name = (JSON.parse(text) as { storageNamespace?: unknown } | null)?.storageNamespace;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
