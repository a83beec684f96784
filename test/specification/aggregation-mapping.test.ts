import { describe, expect, test } from 'vitest';
import { Decimal128, ObjectId } from '../../packages/server/src/core/value.ts';
import { filesOf } from './files.ts';
import type { ProjectLiteral } from './files.ts';
import { put, remove } from './messages.ts';
import { openProject, problemsOf } from './project.ts';

const THINGS = {
  id: 'string!',
  text: 'string',
  number: 'number',
  long: 'long',
  decimal: 'decimal',
  yes: 'boolean',
  day: 'date',
  oid: 'objectId',
  object: 'object',
  list: 'arrayOfObject',
  next: 'string',
};

function things(mapping: object, more: Partial<ProjectLiteral> = {}): ReturnType<typeof filesOf> {
  return filesOf({
    projections: { things: THINGS },
    relations: [['things', 'things', 'thing_to_next', { id: 'next' }]],
    views: {
      sv: {
        SV_CONFIG: {
          dependencies: {
            things: { type: 'projection', on: '_identifier' },
            NEXT: { type: 'projection', aliasOf: 'things', on: 'thing_to_next' },
          },
          mapping,
        },
      },
    },
    ...more,
  });
}

const mapped = async (mapping: object, row: object, more: Partial<ProjectLiteral> = {}): Promise<unknown> => {
  await using project = await openProject(things(mapping, more));
  await project.process(put('things', { id: 't', ...row }));
  expect(await project.errors({ all: true })).toEqual([]);
  return (await project.documents('sv', { states: ['PUBLIC', 'DRAFT', 'TRASH', 'DELETED'] }))[0];
};

describe('a mapping', () => {
  test('copies fields, and fields of fields, in their types', async () => {
    const row = {
      text: 'x',
      number: 1.5,
      long: '9007199254740993',
      decimal: '12345678901234567890.10',
      yes: true,
      day: '2024-02-01T12:00:00Z',
      oid: '65a000000000000000000001',
      object: { a: { b: [1, { c: null }] } },
      list: [{ x: 1 }],
    };
    const fields = Object.keys(row);
    expect(
      await mapped(
        { ...Object.fromEntries(fields.map((field) => [field, `things.${field}`])), deep: 'things.object.a.b', all: 'things.object.a' },
        row,
      ),
    ).toEqual({
      text: 'x',
      number: 1.5,
      long: 9007199254740993n,
      decimal: Decimal128.fromString('12345678901234567890.10'),
      yes: true,
      day: new Date('2024-02-01T12:00:00Z'),
      oid: ObjectId.createFromHexString('65a000000000000000000001'),
      object: { a: { b: [1, { c: null }] } },
      list: [{ x: 1 }],
      deep: [1, { c: null }],
      all: { b: [1, { c: null }] },
    });
  });

  test('makes nested objects', async () => {
    expect(await mapped({ id: 'things.id', a: { b: { c: 'things.text' }, d: '__integer__[1]' } }, { text: 'x' })).toEqual({
      id: 't',
      a: { b: { c: 'x' }, d: 1 },
    });
  });

  test('holds constants', async () => {
    const mapping = {
      text: '__string__[any [text], ; "even"]',
      empty: '__string__[]',
      integer: '__integer__[-42]',
      long: '__integer__[9007199254740993]',
      yes: '__boolean__[true]',
      no: '__boolean__[false]',
      older: '__constant__[1]',
      none: null,
    };
    expect(await mapped(mapping, {})).toEqual({
      text: 'any [text], ; "even"',
      empty: '',
      integer: -42,
      long: 9007199254740993n,
      yes: true,
      no: false,
      older: '1',
      none: null,
    });
  });

  test('gives null where a field, a part of its path or its document is missing', async () => {
    const mapping = { id: 'things.id', a: 'things.text', b: 'things.object.x.y', c: 'NEXT.text', d: { e: 'NEXT.number' } };
    expect(await mapped(mapping, { object: { x: 1 } })).toEqual({ id: 't', a: null, b: null, c: null, d: { e: null } });
  });

  test('leaves missing fields out, where missingFields asks for that; a null stays', async () => {
    const mapping = { id: 'things.id', a: 'things.text', n: 'things.number', d: { e: 'NEXT.number' } };
    expect(await mapped(mapping, { number: null }, { fastData: { compatibility: { missingFields: 'omit' } } })).toEqual({
      id: 't',
      n: null,
      d: {},
    });
  });

  test('keeps values whose keys look like operators', async () => {
    const object = { $set: { a: 1 }, $date: 'x', 'a.b': 2, __proto__x: 3 };
    expect(await mapped({ id: 'things.id', object: 'things.object' }, { object })).toEqual({ id: 't', object });
  });

  test('of fields that Millrace sets itself does nothing, with a warning', async () => {
    const mapping = { id: 'things.id', createdAt: 'things.day', updatedAt: 'things.day' };
    expect(await problemsOf(things(mapping))).toEqual([
      expect.stringMatching(/warning CONFIG_NO_EFFECT .*createdAt/),
      expect.stringMatching(/warning CONFIG_NO_EFFECT .*updatedAt/),
    ]);
    expect(await mapped(mapping, { day: '2024-02-01' })).toEqual({ id: 't' });
  });

  test('may read the id and the state of a document', async () => {
    expect(await mapped({ a: 'things._id', b: 'things.__STATE__' }, {})).toEqual({ a: 't', b: 'PUBLIC' });
  });

  test('is checked: each wrong name is reported, with a suggestion', async () => {
    expect(await problemsOf(things({ id: 'things.id', a: 'thinks.text', b: 'things.txt', c: '__strin__[x]', d: 'plain' }))).toEqual([
      expect.stringMatching(/error CONFIG_VALUE .*__strin__.*Did you mean __string__\?/),
    ]);
    expect(await problemsOf(things({ id: 'things.id', a: 'thinks.text', b: { c: 'things.txt' }, d: 'plain' }))).toEqual([
      expect.stringMatching(/error UNKNOWN_DEPENDENCY .*Did you mean things\?/),
      expect.stringMatching(/error UNKNOWN_FIELD .*Did you mean text\?/),
      expect.stringMatching(/error UNKNOWN_DEPENDENCY .*plain/),
    ]);
  });
});

describe('_select in a mapping', () => {
  const select = (when: object): object => ({
    value: { _select: { options: [{ when, value: '__string__[yes]' }], default: '__string__[no]' } },
  });
  const CASES: readonly (readonly [when: object, row: object, value: 'yes' | 'no'])[] = [
    [{ '==': ['things.text', '__string__[x]'] }, { text: 'x' }, 'yes'],
    [{ '==': ['__string__[x]', 'things.text'] }, { text: 'y' }, 'no'],
    [{ '==': ['things.number', '__integer__[1]'] }, { number: 1 }, 'yes'],
    [{ '==': ['things.long', '__integer__[1]'] }, { long: '1' }, 'yes'],
    [{ '==': ['things.yes', '__boolean__[true]'] }, { yes: true }, 'yes'],
    [{ '==': ['things.yes', true] }, { yes: false }, 'no'],
    [{ '==': ['things.text', null] }, {}, 'yes'],
    [{ '==': ['things.text', null] }, { text: null }, 'yes'],
    [{ '==': ['NEXT.text', null] }, {}, 'yes'],
    [{ '!=': ['things.text', null] }, { text: 'x' }, 'yes'],
    [{ '!=': ['things.text', null] }, {}, 'no'],
    [{ '!=': ['things.text', '__string__[x]'] }, {}, 'yes'],
    [{ '>': ['things.number', '__integer__[1]'] }, { number: 2 }, 'yes'],
    [{ '>': ['things.number', '__integer__[1]'] }, {}, 'no'],
    [{ '<': ['things.number', '__integer__[1]'] }, {}, 'no'],
    [{ '<=': ['things.number', 1] }, { number: 1 }, 'yes'],
    [{ '>=': ['things.text', '__string__[b]'] }, { text: 'a' }, 'no'],
    [{ '<': ['things.text', '__string__[b]'] }, { text: 'a' }, 'yes'],
    [{ '==': ['things.object.kind', '__string__[x]'] }, { object: { kind: 'x' } }, 'yes'],
    [{ '==': ['things.text', 'things.object.text'] }, { text: 'x', object: { text: 'x' } }, 'yes'],
  ];
  test.each(CASES)('%j with %j gives %s', async (when, row, value) => {
    expect(await mapped(select(when), row)).toEqual({ value });
  });

  test('takes the first option that holds, of any kind of value; without a default nothing is missing', async () => {
    const option = (when: object, value: unknown): object => ({ when, value });
    const mapping = {
      value: {
        _select: {
          options: [
            option({ '>': ['things.number', 10] }, { much: 'things.number' }),
            option({ '>': ['things.number', 5] }, { _select: { options: [], default: 'things.number' } }),
          ],
        },
      },
    };
    expect(await mapped(mapping, { number: 11 })).toEqual({ value: { much: 11 } });
    expect(await mapped(mapping, { number: 6 })).toEqual({ value: 6 });
    expect(await mapped(mapping, { number: 1 })).toEqual({ value: null });
    expect(await mapped(mapping, { number: 1 }, { fastData: { compatibility: { missingFields: 'omit' } } })).toEqual({});
  });

  test('rebuilds when a field that only its conditions read changes', async () => {
    await using project = await openProject(things({ id: 'things.id', ...select({ '==': ['NEXT.text', '__string__[x]'] }) }));
    await project.process(put('things', { id: 'a', next: 'b' }), put('things', { id: 'b', text: 'x' }));
    expect(await project.document('sv', 'a')).toEqual({ id: 'a', value: 'yes' });
    await project.process(put('things', { id: 'b', text: 'y' }));
    expect(await project.document('sv', 'a')).toEqual({ id: 'a', value: 'no' });
  });
});

describe('__STATE__ in a mapping', () => {
  const state = async (value: unknown, row: object): Promise<unknown> => {
    await using project = await openProject(things({ id: 'things.id', __STATE__: value }));
    await project.process(put('things', { id: 't', ...row }));
    const [document] = await project.documents('sv', { states: ['PUBLIC', 'DRAFT', 'TRASH', 'DELETED'], metadata: true });
    const [error] = await project.errors();
    return error?.code ?? document?.['__STATE__'];
  };

  test('is the state of the document, not a field of it', async () => {
    expect(await state('__string__[DRAFT]', {})).toBe('DRAFT');
    expect(await state('things.text', { text: 'TRASH' })).toBe('TRASH');
    expect(await mapped({ id: 'things.id', __STATE__: '__string__[DRAFT]' }, {})).toEqual({ id: 't' });
  });

  test('is PUBLIC where it is not mapped, or gives nothing', async () => {
    expect(await state('things.text', {})).toBe('PUBLIC');
    expect(await mapped({ id: 'things.id' }, {})).toEqual({ id: 't' });
  });

  test('may depend on the data, and the document moves between states', async () => {
    const value = {
      _select: {
        options: [{ when: { '==': ['things.yes', '__boolean__[true]'] }, value: '__string__[PUBLIC]' }],
        default: '__string__[DRAFT]',
      },
    };
    await using project = await openProject(things({ id: 'things.id', __STATE__: value }));
    await project.process(put('things', { id: 't', yes: false }));
    expect(await project.documents('sv')).toEqual([]);
    expect(await project.documents('sv', { states: ['DRAFT'] })).toEqual([{ id: 't' }]);
    await project.process(put('things', { id: 't', yes: true }));
    expect(await project.documents('sv')).toEqual([{ id: 't' }]);
    expect(await project.documents('sv', { states: ['DRAFT'] })).toEqual([]);
  });

  test('that is no state is refused: a constant by check, a value as an error of the view', async () => {
    expect(await problemsOf(things({ id: 'things.id', __STATE__: '__string__[PUBLISHED]' }))).toEqual([
      expect.stringMatching(/error CONFIG_VALUE .*PUBLIC/),
    ]);
    expect(await state('things.text', { text: 'published' })).toBe('UNKNOWN_ERROR');
  });
});

describe('fields that matter', () => {
  test('a change of a field that no view uses rebuilds nothing; one that only joins, chooses or identifies does', async () => {
    await using project = await openProject(
      things({
        id: 'things.id',
        next: 'NEXT.text',
        kind: { _select: { options: [{ when: { '>': ['things.number', 0] }, value: '__string__[more]' }], default: '__string__[less]' } },
      }),
    );
    await project.process(
      put('things', { id: 'a', next: 'b', number: 0 }),
      put('things', { id: 'b', text: 'x' }),
      put('things', { id: 'c', text: 'y' }),
    );
    const built = async (row: { id: string }): Promise<number> => {
      const before = project.engine.stats().viewsBuilt;
      await project.process(put('things', row));
      return project.engine.stats().viewsBuilt - before;
    };
    expect(await built({ id: 'a', next: 'b', number: 0, yes: true } as { id: string })).toBe(0);
    expect(await built({ id: 'a', next: 'c', number: 0, yes: true } as { id: string })).toBe(1);
    expect(await built({ id: 'a', next: 'c', number: 1, yes: true } as { id: string })).toBe(1);
    expect(await project.document('sv', 'a')).toEqual({ id: 'a', next: 'y', kind: 'more' });
    await project.process(remove('things', 'c'));
    expect(await project.document('sv', 'a')).toEqual({ id: 'a', next: null, kind: 'more' });
  });
});
