import { toExtendedJson } from '../../core/extended-json.ts';
import type { ExtendedJson } from '../../core/extended-json.ts';
import { textOf } from '../../core/log-record.ts';
import { decodeDocument } from '../../core/tagged-json.ts';
import type { ErrorEntry } from '../../store/store.ts';

/** An entry for other programs: raw bytes in base64, the identifier as extended JSON, times as ISO texts but the record's own in ms. */
export function entryJson(entry: ErrorEntry): Record<string, unknown> {
  const { position } = entry;
  return {
    id: entry.id,
    kind: entry.kind,
    code: entry.code,
    reason: entry.reason,
    ...(position === null
      ? {}
      : { topic: position.topic, partition: position.partition, offset: position.offset, timestamp: position.timestamp }),
    ...(entry.kind === 'dead-letter'
      ? { key: base64(entry.key), value: base64(entry.value), headers: entry.headers, system: entry.system, projection: entry.projection }
      : { view: entry.view, identifier: identifierOf(entry) }),
    attempts: entry.attempts,
    createdAt: new Date(entry.createdAt).toISOString(),
    resolvedAt: entry.resolvedAt === null ? null : new Date(entry.resolvedAt).toISOString(),
  };
}

export function identifierOf(entry: ErrorEntry): ExtendedJson {
  return entry.identifier === null ? null : toExtendedJson(decodeDocument(entry.identifier));
}

/** Bytes for people: their text, else hexadecimal digits. */
export function shownBytes(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null';
  return textOf(bytes) ?? `0x${Buffer.from(bytes).toString('hex')}`;
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64');
}
