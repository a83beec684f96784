import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { LogPosition, LogRecord, NewLogRecord } from '../../core/log-record.ts';
import type { FieldType } from '../../core/projection.ts';
import { StoredRecord } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import { decodeDocument, encode } from '../../core/tagged-json.ts';
import type { Trigger } from '../../core/trigger.ts';
import type { Document } from '../../core/value.ts';
import { decodeDelta, encodeDelta } from './delta-message.ts';
import type { DeltaCollection, DeltaContext } from './delta-message.ts';
import { decodeTrigger, encodeTrigger } from './trigger-message.ts';
import type { TriggerContext } from './trigger-message.ts';

const FOLDER = new URL('../../../../../test/fixtures/messages/', import.meta.url);

/** A record as the files have it: documents as tagged JSON, metadata as JSON; without those it does not matter. */
interface Side {
  readonly id?: string;
  readonly state: State;
  readonly document: Document;
  readonly meta?: object;
}

interface Message {
  readonly topic?: string;
  readonly timestamp?: number;
  readonly headers: Readonly<Record<string, object>>;
  readonly key: object;
  readonly value: object;
}

interface DeltaFile {
  readonly context: DeltaContext;
  readonly delta: {
    readonly collection: string;
    readonly id: string;
    readonly position: LogPosition;
    readonly before: Side | null;
    readonly after: Side | null;
  };
  readonly message: Message;
}

interface TriggerFile {
  readonly context: TriggerContext;
  readonly trigger: Trigger;
  readonly attempts: number;
  readonly message: Message;
}

interface ForeignFile {
  readonly collection: Omit<DeltaCollection, 'fields'> & { readonly fields?: Readonly<Record<string, FieldType>> };
  readonly view?: string;
  readonly fields?: Readonly<Record<string, FieldType>>;
  readonly message: Message;
  readonly means: {
    readonly id: string;
    readonly position: LogPosition | null;
    readonly before: Side | null;
    readonly after: Side | null;
    readonly trigger: Trigger;
    readonly attempts: number;
  };
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
}

const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const isOfTrigger = (name: string): boolean => name.includes('trigger');
const isForeign = (name: string): boolean => name.startsWith('foreign-');

describe('messages of ours', () => {
  test.for(names.filter((name) => !isForeign(name) && !isOfTrigger(name)))('%s is written so, and read again', (name) => {
    const { context, delta, message } = read(name) as DeltaFile;
    const written = encodeDelta({ ...delta, before: recordOf(delta.before), after: recordOf(delta.after) }, context);
    expect(shown(written)).toEqual(message);
    expect(written.value).toBe(JSON.stringify(message.value));
    const back = decodeDelta(logged(message), { name: delta.collection, kind: context.kind, key: context.key });
    expect(back).toMatchObject({ collection: delta.collection, id: delta.id, position: delta.position, lane: context.lane });
    expectSide(back.before, delta.before);
    expectSide(back.after, delta.after);
  });

  test.for(names.filter((name) => !isForeign(name) && isOfTrigger(name)))('%s is written so, and read again', (name) => {
    const { context, trigger, attempts, message } = read(name) as TriggerFile;
    const identifier = decodeDocument(JSON.stringify(trigger.identifier));
    const written = encodeTrigger({ ...trigger, identifier }, context);
    expect(shown(written)).toEqual(message);
    expect(written.value).toBe(JSON.stringify(message.value));
    expect(plain(decodeTrigger(logged(message)))).toEqual({ trigger, attempts });
  });
});

describe('messages of others', () => {
  test.for(names.filter((name) => isForeign(name) && !isOfTrigger(name)))('%s is read', (name) => {
    const { collection, message, means } = read(name) as ForeignFile;
    const back = decodeDelta(logged(message), { ...collection, fields: typesOf(collection.fields) });
    expect(back).toMatchObject({ collection: collection.name, id: means.id, position: means.position, lane: 'interactive' });
    expectSide(back.before, means.before);
    expectSide(back.after, means.after);
  });

  test.for(names.filter((name) => isForeign(name) && isOfTrigger(name)))('%s is read', (name) => {
    const { view, fields, message, means } = read(name) as ForeignFile;
    expect(plain(decodeTrigger(logged(message), { view, fields: typesOf(fields) }))).toEqual(means);
  });
});

function recordOf(side: Side | null): StoredRecord | null {
  return side === null ? null : new StoredRecord(side.id ?? '', JSON.stringify(side.document), side.state, JSON.stringify(side.meta));
}

function expectSide(record: StoredRecord | null, side: Side | null): void {
  expect(record === null).toBe(side === null);
  if (record === null || side === null) return;
  expect(record.text).toBe(JSON.stringify(side.document));
  expect(record.state).toBe(side.state);
  expect(JSON.parse(record.meta)).toMatchObject(side.meta ?? {});
}

/** The identifier as the files have it. */
function plain({ trigger, attempts }: ReturnType<typeof decodeTrigger>): Pick<TriggerFile, 'trigger' | 'attempts'> {
  return { trigger: { ...trigger, identifier: JSON.parse(encode(trigger.identifier)) as Document }, attempts };
}

function typesOf(fields: Readonly<Record<string, FieldType>> | undefined): ReadonlyMap<string, FieldType> | undefined {
  return fields === undefined ? undefined : new Map(Object.entries(fields));
}

function shown({ topic, timestamp, headers = {}, key, value }: NewLogRecord): Message {
  const json = (text: NewLogRecord['key']): object => JSON.parse(text as string) as object;
  return {
    topic,
    ...(timestamp === undefined ? {} : { timestamp }),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, json(text)])),
    key: json(key),
    value: json(value),
  };
}

function logged({ topic = 't', timestamp = 0, headers, key, value }: Message): LogRecord {
  const texts = Object.entries(headers).map(([name, json]) => [name, JSON.stringify(json)] as const);
  return {
    topic,
    partition: 0,
    offset: 0,
    timestamp,
    headers: Object.fromEntries(texts),
    key: JSON.stringify(key),
    value: JSON.stringify(value),
  };
}
