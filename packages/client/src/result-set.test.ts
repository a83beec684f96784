import * as fc from 'fast-check';
import { assert, expect, test } from 'vitest';
import { propertyOptions } from '../../server/src/testing/property.ts';
import type { Change } from './change.ts';
import { ResultSet } from './result-set.ts';
import type { RowFeed } from './result-set.ts';

interface Row {
  readonly _id: string;
  readonly n: number;
  readonly inner: { readonly tags: readonly string[] };
}

function row(id: string, n: number): Row {
  return { _id: id, n, inner: { tags: [`t${n % 2}`] } };
}

function put(type: RowFeed['type'], id: string, n: number, after?: string | null): RowFeed {
  return { docId: id, type, payload: row(id, n), ...(after === undefined ? {} : { after }) };
}

function remove(id: string): RowFeed {
  return { docId: id, type: 'delete', payload: null };
}

test('changes are shown together when their commit is complete, and not before', () => {
  const result = new ResultSet<Row>();
  result.reset([put('initial', 'a', 1), put('initial', 'b', 2)]);
  const before = result.rows;
  result.add(put('update', 'a', 10));
  result.add(remove('b'));
  expect(result.rows).toBe(before);
  expect(result.commit()).toMatchObject([
    { kind: 'update', id: 'a', row: { n: 10 }, previous: { n: 1 } },
    { kind: 'delete', id: 'b', previous: { n: 2 } },
  ]);
  expect(result.rows).toEqual([row('a', 10)]);
  expect(before).toEqual([row('a', 1), row('b', 2)]);
});

test('rows and parts of rows that did not change are the same objects', () => {
  const result = new ResultSet<Row>();
  result.reset([put('initial', 'a', 1), put('initial', 'b', 2)]);
  const [a, b] = result.rows;
  result.add(put('update', 'a', 3));
  result.commit();
  expect(result.rows[1]).toBe(b);
  expect(result.rows[0]).not.toBe(a);
  expect(result.rows[0]?.inner).toBe(a?.inner);
});

test('a reset gives what is different, and leaves what is not', () => {
  const result = new ResultSet<Row>();
  result.reset([put('initial', 'a', 1), put('initial', 'b', 2), put('initial', 'c', 3)]);
  const { rows } = result;
  expect(result.reset([put('initial', 'a', 1), put('initial', 'b', 2), put('initial', 'c', 3)])).toEqual([]);
  expect(result.rows).toBe(rows);
  expect(result.reset([put('initial', 'd', 4), put('initial', 'a', 1), put('initial', 'c', 5)])).toMatchObject([
    { kind: 'delete', id: 'b' },
    { kind: 'insert', id: 'd' },
    { kind: 'update', id: 'c', previous: { n: 3 }, row: { n: 5 } },
  ]);
  expect(result.rows[1]).toBe(rows[0]);
});

test('a row that comes and goes within one commit is no change, one that only moves is an update to itself', () => {
  const result = new ResultSet<Row>();
  result.reset([put('initial', 'a', 1), put('initial', 'b', 2)]);
  result.add(put('insert', 'x', 1, 'b'));
  result.add(remove('x'));
  expect(result.commit()).toEqual([]);
  const [a] = result.rows;
  result.add(put('update', 'a', 1, 'b'));
  expect(result.commit()).toEqual([{ kind: 'update', id: 'a', row: a, previous: a }]);
  expect(result.rows.map(({ _id }) => _id)).toEqual(['b', 'a']);
  result.add(remove('b'));
  result.add(put('insert', 'b', 2, 'a'));
  expect(result.commit()).toMatchObject([{ kind: 'update', id: 'b' }]);
  expect(result.rows.map(({ _id }) => _id)).toEqual(['a', 'b']);
});

test('what makes no sense does no harm', () => {
  const result = new ResultSet<Row>();
  result.reset([put('initial', 'a', 1), put('initial', 'a', 2)]);
  for (const feed of [remove('z'), put('update', 'y', 1, 'unknown'), put('update', 'a', 2, 'a'), put('update', 'w', 9)]) result.add(feed);
  expect(result.commit().map(({ kind, id }) => `${kind} ${id}`)).toEqual(['insert y', 'insert w']);
  expect(result.rows.map(({ _id }) => _id)).toEqual(['a', 'y', 'w']);
});

// --- against a model: a plain array, changed one operation at a time ---------------------------------------------------------------

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', '__proto__', ''];

interface Step {
  readonly op: 'put' | 'delete' | 'commit' | 'reset' | 'forget';
  readonly id: string;
  readonly n: number;
  readonly at: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.oneof(
    { weight: 8, arbitrary: fc.constant('put' as const) },
    { weight: 4, arbitrary: fc.constant('delete' as const) },
    { weight: 4, arbitrary: fc.constant('commit' as const) },
    { weight: 1, arbitrary: fc.constantFrom('reset' as const, 'forget' as const) },
  ),
  id: fc.constantFrom(...IDS),
  n: fc.nat(3),
  at: fc.nat(8),
});

class Model {
  readonly ordered: boolean;
  rows: Row[] = [];
  committed: readonly Row[] = [];

  constructor(ordered: boolean) {
    this.ordered = ordered;
  }

  put(id: string, n: number, at: number): RowFeed {
    const place = this.rows.findIndex((each) => each._id === id);
    if (!this.ordered) {
      if (place === -1) this.rows.push(row(id, n));
      else this.rows[place] = row(id, n);
      return put(place === -1 ? 'insert' : 'update', id, n);
    }
    if (place !== -1) this.rows.splice(place, 1);
    const to = Math.min(at, this.rows.length);
    const after = this.rows[to - 1]?._id ?? null;
    this.rows.splice(to, 0, row(id, n));
    return put(place === -1 ? 'insert' : 'update', id, n, after);
  }

  delete(id: string): RowFeed {
    this.rows = this.rows.filter((each) => each._id !== id);
    return remove(id);
  }
}

/** What was shown, with the changes: the very rows. Every change must fit. */
function afterChanges(shown: readonly Row[], changes: readonly Change<Row>[]): Set<Row> {
  const held = new Map(shown.map((each) => [each._id, each]));
  for (const change of changes) {
    assert.equal(held.get(change.id), change.kind === 'insert' ? undefined : change.previous);
    if (change.kind === 'delete') held.delete(change.id);
    else held.set(change.id, change.row);
  }
  return new Set(held.values());
}

test('rows and changes are those of a plain list to which every change is applied', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 60 }), (ordered, steps) => {
      const result = new ResultSet<Row>();
      const model = new Model(ordered);
      let shown: readonly Row[] = [];
      for (const { op, id, n, at } of steps) {
        if (op === 'put') result.add(model.put(id, n, at));
        else if (op === 'delete') result.add(model.delete(id));
        else if (op === 'forget') {
          // The connection broke: what is sent then is the state of the last commit.
          result.forgetPending();
          model.rows = [...model.committed];
        } else {
          const changes = op === 'commit' ? result.commit() : result.reset(model.rows.map((each) => put('initial', each._id, each.n)));
          model.committed = [...model.rows];
          assert.deepEqual(result.rows, model.committed);
          const reached = afterChanges(shown, changes);
          assert(reached.size === result.rows.length && result.rows.every((each) => reached.has(each)));
          shown = result.rows;
        }
      }
    }),
    propertyOptions(500),
  );
});
