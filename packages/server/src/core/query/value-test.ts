import { unreachable } from '../assert.ts';
import { compareTexts, compareValues, equalValues, kindOf, orderText } from '../value-order.ts';
import { isObjectId } from '../value.ts';
import type { Value } from '../value.ts';

/** Whether one value satisfies an operator. What an absent value does is said beside it. */
export interface ValueTest {
  readonly test: (value: Value) => boolean;
  readonly missing: boolean;
}

type RangeOperator = '$gt' | '$gte' | '$lt' | '$lte';

const never = (): boolean => false;
const isNull = (value: Value): boolean => value === null;

/** Equality of values: numbers of all types as numbers; null also stands for absent. */
export function equals(wanted: Value): ValueTest {
  return { test: equalityOf(wanted), missing: wanted === null };
}

function equalityOf(wanted: Value): (value: Value) => boolean {
  switch (typeof wanted) {
    case 'string':
    case 'boolean':
      return (value) => value === wanted;
    case 'number':
      // JavaScript compares a double and a bigint exactly.
      if (Number.isNaN(wanted)) break;
      return (value) =>
        typeof value === 'number'
          ? value === wanted
          : // oxlint-disable-next-line eqeqeq
            typeof value === 'bigint'
            ? value == (wanted as unknown as bigint)
            : equalNumbers(value, wanted);
    case 'bigint':
      // oxlint-disable-next-line eqeqeq
      return (value) => (typeof value === 'number' || typeof value === 'bigint' ? value == wanted : equalNumbers(value, wanted));
    default:
      if (wanted === null) return isNull;
      if (wanted instanceof Date) {
        const time = wanted.getTime();
        return (value) => value instanceof Date && value.getTime() === time;
      }
      if (isObjectId(wanted)) {
        const hex = wanted.toHexString();
        return (value) => isObjectId(value) && value.toHexString() === hex;
      }
  }
  const kind = kindOf(wanted);
  const text = orderText(wanted);
  return (value) => kindOf(value) === kind && orderText(value) === text;
}

function equalNumbers(value: Value, wanted: Value): boolean {
  return typeof value === 'object' && kindOf(value) === 'number' && equalValues(value, wanted);
}

/** A comparison within the type of the operand: a number is never below a text. NaN is in no order with any number. */
export function inRange(operator: RangeOperator, bound: Value): ValueTest {
  const inclusive = operator === '$gte' || operator === '$lte';
  if (bound === null || isNaN(bound)) return inclusive ? equals(bound) : { test: never, missing: false };
  return { test: rangeOf(operator, bound), missing: false };
}

function isNaN(value: Value): boolean {
  return typeof value !== 'string' && kindOf(value) === 'number' && orderText(value) === NAN;
}
const NAN = orderText(Number.NaN);

const ACCEPTS: Readonly<Record<RangeOperator, (order: number) => boolean>> = {
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
};

function rangeOf(operator: RangeOperator, bound: Value): (value: Value) => boolean {
  const accepts = ACCEPTS[operator];
  switch (typeof bound) {
    case 'string':
      return (value) => typeof value === 'string' && accepts(compareTexts(value, bound));
    case 'number':
    case 'bigint': {
      const plain = plainRange(operator, bound);
      return (value) =>
        typeof value === 'number' || typeof value === 'bigint'
          ? plain(value)
          : typeof value === 'object' && kindOf(value) === 'number' && !isNaN(value) && accepts(compareValues(value, bound));
    }
    default: {
      if (bound instanceof Date) {
        const time = bound.getTime();
        return (value) => value instanceof Date && accepts(value.getTime() - time);
      }
      const kind = kindOf(bound);
      return (value) => kindOf(value) === kind && !isNaN(value) && accepts(compareValues(value, bound));
    }
  }
}

/** Comparisons with NaN are false by themselves. */
function plainRange(operator: RangeOperator, bound: number | bigint): (value: number | bigint) => boolean {
  switch (operator) {
    case '$gt':
      return (value) => value > bound;
    case '$gte':
      return (value) => value >= bound;
    case '$lt':
      return (value) => value < bound;
    case '$lte':
      return (value) => value <= bound;
    default:
      return unreachable(operator);
  }
}

const FEW = 4;

/** Any of several values. */
export function equalsAny(wanted: readonly Value[]): ValueTest {
  const missing = wanted.some(isNull);
  if (wanted.length <= FEW) {
    const tests = wanted.map(equalityOf);
    return { test: (value) => tests.some((test) => test(value)), missing };
  }
  const texts = new Set<string>();
  const others = new Set<string>();
  for (const value of wanted) {
    if (typeof value === 'string') texts.add(value);
    else others.add(orderText(value));
  }
  return {
    test: (value) => (typeof value === 'string' ? texts.has(value) : others.size > 0 && others.has(orderText(value))),
    missing,
  };
}
