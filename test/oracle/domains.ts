import type { FieldType } from '../../packages/server/src/core/projection.ts';
import type { Value } from '../../packages/server/src/core/value.ts';

/** Few values per type, so that random rows meet: the first ones are the plainest, since failures shrink towards them. */
const DOMAINS: Partial<Record<FieldType, readonly Value[]>> = {
  string: ['a', 'b', 'c', 'é&=/', '😀'],
  number: [1, 2, 3, 0, -1, 1.5],
  long: [1n, 2n, 3n, 9007199254740993n],
  date: [new Date(Date.UTC(2024, 0, 1)), new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678)), new Date(Date.UTC(1969, 11, 31))],
  arrayOfString: [['a'], ['b'], ['a', 'b'], [], ['c', 'a', 'a']],
  object: [{ x: 'a' }, { x: 'b', y: 1 }, { y: { z: 2 } }, {}],
};

/** Key values: without the awkward numbers. */
const KEY_DOMAIN_SIZE = 4;

/** The value that a choice stands for; the last two choices of a payload field are null and absent. */
export function valueOf(type: FieldType, choice: number): Value | undefined {
  const domain = DOMAINS[type] ?? [];
  const index = choice % (domain.length + 2);
  return index < domain.length ? domain[index] : index === domain.length ? null : undefined;
}

export function keyValueOf(type: FieldType, choice: number): Value {
  const domain = DOMAINS[type] ?? [];
  return domain[choice % Math.min(KEY_DOMAIN_SIZE, domain.length)] as Value;
}
