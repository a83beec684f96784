import { toExtendedJson } from '../../core/extended-json.ts';
import type { StoredRecord } from '../../core/record.ts';
import { equalValues } from '../../core/value-order.ts';
import { isDocument } from '../../core/value.ts';
import type { Value } from '../../core/value.ts';
import type { Difference } from './audit.ts';

/** A leaf that differs; null where it is absent. Values are texts of extended JSON. */
export interface LeafDifference {
  readonly path: string;
  readonly stored: string | null;
  readonly expected: string | null;
}

/** A difference as it is shown: bounded, whatever the documents hold. */
export interface ShownDifference {
  readonly kind: Difference['kind'];
  readonly id: string;
  readonly leaves: readonly LeafDifference[];
  /** Leaves beyond those. */
  readonly more: number;
}

const MOST_LEAVES = 10;
const MOST_CHARACTERS = 120;

export function showDifference({ kind, id, stored, expected }: Difference): ShownDifference {
  const leaves: LeafDifference[] = [];
  if (kind === 'stale') {
    if (stored?.state !== expected?.state)
      leaves.push({ path: '__STATE__', stored: stored?.state ?? null, expected: expected?.state ?? null });
    collect(valueOf(stored), valueOf(expected), '', leaves);
    // Equal values, but in another order, or of another type of number.
    if (leaves.length === 0) leaves.push({ path: '', stored: textOf(valueOf(stored)), expected: textOf(valueOf(expected)) });
  }
  return { kind, id, leaves: leaves.slice(0, MOST_LEAVES), more: Math.max(0, leaves.length - MOST_LEAVES) };
}

function valueOf(record: StoredRecord | null): Value | undefined {
  return record?.document;
}

function collect(stored: Value | undefined, expected: Value | undefined, path: string, leaves: LeafDifference[]): void {
  if (stored !== undefined && expected !== undefined && equalValues(stored, expected)) return;
  if (Array.isArray(stored) && Array.isArray(expected)) {
    const length = Math.max(stored.length, expected.length);
    for (let i = 0; i < length; i++) collect(stored[i], expected[i], `${path}[${i}]`, leaves);
    return;
  }
  if (isDocument(stored) && isDocument(expected)) {
    for (const name of new Set([...Object.keys(stored), ...Object.keys(expected)]))
      collect(stored[name], expected[name], path === '' ? name : `${path}.${name}`, leaves);
    return;
  }
  leaves.push({ path, stored: textOf(stored), expected: textOf(expected) });
}

function textOf(value: Value | undefined): string | null {
  if (value === undefined) return null;
  const text = JSON.stringify(toExtendedJson(value));
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
}
