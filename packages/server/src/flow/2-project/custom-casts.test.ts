import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { WorkerUserCode } from '../../code/worker/worker-user-code.ts';
import { silentLogger } from '../../core/logger.ts';
import type { FieldDefinition } from '../../core/projection.ts';
import { SourceTime } from '../../core/source-value.ts';
import { Bench, change, field, itemsProjection } from './projector.test-support.ts';

const FILES = {
  'upper.cjs': `module.exports = (value, fieldName, logger) => typeof value === 'string' ? fieldName + ':' + value.toUpperCase() : null`,
  'whole.mjs': `export default (message, fieldName) => message.first + ' ' + message.last + ' (' + fieldName + ')'`,
  'fragile.cjs': `module.exports = (value) => { if (value === 'bad') throw new Error('no ' + value); return value }`,
  'endless.cjs': `module.exports = (value) => { for (;value === 'stop';); return value }`,
  'digits.mjs': `export default (message, fieldName) => String(message[fieldName]).padStart(4, '0')`,
};

let folder = '';
const code = new WorkerUserCode({ logger: silentLogger, collections: new Map() });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-casts-'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
});
afterAll(async () => {
  await code[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function custom(name: string, file: keyof typeof FILES, options: Partial<FieldDefinition> = {}): FieldDefinition {
  const signature = file.endsWith('.mjs') ? 'message' : 'value';
  return field(name, { ...options, cast: { kind: 'custom', name: file, code: { file: join(folder, file) }, signature } });
}

function bench(...fields: FieldDefinition[]): Bench {
  const id = fields.some(({ primaryKey }) => primaryKey) ? [] : [field('id', { primaryKey: true })];
  return new Bench({ projections: [itemsProjection({ fields: [...id, ...fields] })], code });
}

describe('cast functions of the user', () => {
  test('the old signature gets the value and the field of the source', async () => {
    const items = bench(custom('name', 'upper.cjs', { source: 'NAME' }));
    await items.run(change('insert', { id: '1', NAME: 'nut' }));
    expect(await items.document('1')).toEqual({ id: '1', name: 'NAME:NUT' });
  });

  test('the new signature gets the source row before renaming, also for a field that no row has', async () => {
    const items = bench(
      custom('full', 'whole.mjs', { source: 'last' }),
      custom('derived', 'whole.mjs'),
      field('given', { source: 'first' }),
    );
    await items.run(change('insert', { id: '1', first: 'Ada', last: 'L' }));
    expect(await items.document('1')).toEqual({ id: '1', full: 'Ada L (last)', derived: 'Ada L (derived)', given: 'Ada' });
  });

  test('a partial row does not touch a derived field', async () => {
    const items = bench(custom('full', 'whole.mjs', { source: 'last' }), field('first'));
    await items.run(change('insert', { id: '1', first: 'Ada', last: 'L' }, { at: 1, row: 'partial' }));
    await items.run(change('update', { id: '1', first: 'Eve' }, { at: 2, row: 'partial' }));
    expect(await items.document('1')).toEqual({ id: '1', full: 'Ada L (last)', first: 'Eve' });
  });

  test('a key may be cast, for a delete and for both sides of a changed key too', async () => {
    const items = bench(custom('id', 'digits.mjs', { primaryKey: true }), field('name'));
    await items.run(change('insert', { id: 7, name: 'a' }, { at: 1 }));
    expect(await items.document('0007')).toEqual({ id: '0007', name: 'a' });
    await items.run(
      change('delete', { id: 7 }, { at: 2, movedTo: { id: 8 } }),
      change('insert', { id: 8 }, { at: 3, row: 'partial', movedFrom: { id: 7 } }),
    );
    expect(await items.document('0007')).toBe(undefined);
    expect(await items.document('0008')).toEqual({ id: '0008', name: 'a' });
  });

  test('the function of a string field gets a time with all its digits', async () => {
    const items = bench(custom('at', 'upper.cjs'));
    await items.run(change('insert', { id: '1', at: new SourceTime('timestamp', 'nanos', 1n) }));
    expect(await items.document('1')).toEqual({ id: '1', at: 'at:1970-01-01T00:00:00.000000001Z' });
  });

  test('null from a function is null where the field may be null, and a failed cast where not', async () => {
    const items = bench(custom('name', 'upper.cjs', { nullable: false }), custom('note', 'upper.cjs'));
    const { refused } = await items.run(
      change('insert', { id: '1', name: 'a', note: 5 }, { at: 1 }),
      change('insert', { id: '2', name: 5 }, { at: 2 }),
    );
    expect(await items.document('1')).toEqual({ id: '1', name: 'name:A', note: null });
    expect(refused.map(({ code, change: { position } }) => [code, position.offset])).toEqual([['UNCASTABLE_FIELD', 2]]);
  });

  test('a function that throws or never returns holds back its own row only', async () => {
    const items = bench(custom('name', 'fragile.cjs'), custom('note', 'endless.cjs'));
    const { retry, deltas } = await items.run(
      change('insert', { id: '1', name: 'bad' }, { at: 1 }),
      change('insert', { id: '2', name: 'good', note: 'go' }, { at: 2 }),
      change('insert', { id: '3', note: 'stop' }, { at: 3 }),
      change('insert', { id: '4', note: 'go' }, { at: 4 }),
    );
    expect(retry.map(({ failure, change: { position } }) => [failure, position.offset])).toEqual([
      ['threw', 1],
      ['timeout', 3],
    ]);
    expect(retry[0]?.reason).toContain('no bad');
    expect(deltas.map(({ id }) => id)).toEqual(['2', '4']);
  });

  test('one batch is one call of each function', async () => {
    const items = bench(custom('name', 'upper.cjs'), custom('note', 'upper.cjs'));
    const { roundTrips } = code.counts;
    await items.run(...Array.from({ length: 50 }, (_, i) => change('insert', { id: String(i), name: 'a', note: 'b' }, { at: i })));
    expect(code.counts.roundTrips - roundTrips).toBe(1);
  });
});
