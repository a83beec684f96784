import type { CodeResult, UserCode } from '../../code/code.ts';
import type { Decoded } from '../../core/change.ts';
import type { CodeReference } from '../../core/code-reference.ts';
import { bytesOf } from '../../core/log-record.ts';
import type { LogRecord } from '../../core/log-record.ts';
import { Binary } from '../../core/value.ts';
import type { Value } from '../../core/value.ts';
import type { Format, FormatTarget } from '../format.ts';
import { refused } from '../message.ts';
import { readResult } from './custom-result.ts';

/** Time limit of one call of an adapter. */
export const ADAPTER_DEADLINE_MS = 1_000;

/**
 * The user's own adapter: `(message, primaryKeys, logger)` with `message` = `{key, value, timestamp, offset}`, bytes and texts, which
 * gives back a change in the shape of the Real-Time Updater or of the Projection Storer (`custom-result.ts`).
 */
export function createCustomFormat(adapter: CodeReference, code: UserCode): Format {
  return {
    decode: async (records, target) => {
      const calls = records.map((record) => ({ arguments: [messageOf(record), [...target.sourceKey]] }));
      const results = await code.call('adapter', adapter, calls, { deadlineMs: ADAPTER_DEADLINE_MS });
      return records.map((record, i) => decoded(record, target, results[i]));
    },
  };
}

function messageOf(record: LogRecord): Value {
  return {
    key: binaryOf(record.key),
    value: binaryOf(record.value),
    timestamp: String(record.timestamp),
    offset: String(record.offset),
  };
}

function binaryOf(data: LogRecord['key']): Binary | null {
  return data === null ? null : new Binary(bytesOf(data));
}

function decoded(record: LogRecord, target: FormatTarget, result: CodeResult | undefined): Decoded {
  if (result === undefined) return refused('ADAPTER_FAILED', 'The adapter gave no result for the record');
  if (result.ok) return readResult(record, target, result.value);
  switch (result.failure) {
    case 'threw':
      return refused('ADAPTER_FAILED', `The adapter threw: ${result.message}`);
    case 'timeout':
      return refused('ADAPTER_FAILED', `The adapter did not return within ${ADAPTER_DEADLINE_MS} ms: ${result.message}`);
    case 'load':
      return refused('ADAPTER_FAILED', `The adapter could not be loaded: ${result.message}`);
    case 'refused':
      return refused('ADAPTER_RESULT', `The adapter returned what is no change: ${result.message}`);
  }
}
