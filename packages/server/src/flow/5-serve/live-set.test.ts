import { describe, expect, test } from 'vitest';
import { parseFilter } from '../../core/query/parse-filter.ts';
import { parseProjection } from '../../core/query/projection.ts';
import { StoredRecord } from '../../core/record.ts';
import { RowShape } from './live-row.ts';
import { LiveSet } from './live-set.ts';

const META = '{"identifier":"{}","createdAt":0,"updatedAt":0}';
const [small, large, larger] = [1, 5, 6].map((n) => new StoredRecord('a', JSON.stringify({ n, kind: 'x' }), 'PUBLIC', META)) as [
  StoredRecord,
  StoredRecord,
  StoredRecord,
];

function setOf(select?: string): LiveSet {
  const spec = {
    collection: 'c',
    filter: parseFilter({ n: { $gte: 3 } }),
    select: select === undefined ? undefined : parseProjection(select),
  };
  return new LiveSet(spec, new RowShape(spec.select), { maxRows: 2, slackRows: 0, repeats: true });
}

describe('a result without an order, of which somebody may hold what was not told yet', () => {
  test.for([
    ['a row that came and went is deleted for who has seen it', { before: small, via: [large], after: small }, ['delete']],
    ['one that came and is gone altogether too', { before: null, via: [large], after: null }, ['delete']],
    ['one that never matched is not spoken of', { before: small, via: [null], after: null }, []],
    ['one that went and came again is told to who has seen it gone', { before: large, via: [null], after: large }, ['update']],
    ['one that did not match meanwhile is told again', { before: large, via: [small], after: large }, ['update']],
    ['one that looked different meanwhile is told again', { before: large, via: [larger], after: large }, ['update']],
    ['one that always looked the same is not told', { before: large, via: [large], after: large }, []],
    ['one that was shown early is told as new', { before: small, via: [larger], after: large }, ['insert']],
  ] as const)('%s', ([, images, expected]) => {
    expect(
      setOf()
        .since([{ id: 'a', ...images }])
        .map(({ kind }) => kind),
    ).toEqual(expected);
  });

  test('what is not selected may have looked different meanwhile', () => {
    expect(setOf('kind').since([{ id: 'a', before: large, via: [larger], after: large }])).toEqual([]);
  });

  test('is read again where it seems too large, since rows may have been counted twice', () => {
    const set = setOf();
    set.replace([large]);
    const insert = { id: 'a', before: small, after: large };
    expect(set.apply([insert])).toHaveLength(1);
    expect(set.apply([insert])).toBeNull();
    set.replace([large]);
    expect(set.size).toBe(1);
  });
});
