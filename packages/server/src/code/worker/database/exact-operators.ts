import { evalExpr } from 'mingo/core';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import type { Any, Options } from 'mingo/types';
import { AppError } from '../../../core/errors.ts';
import { compareValues } from '../../../core/value-order.ts';
import { isDecimal } from '../../../core/value.ts';
import type { Value } from '../../../core/value.ts';

/** Operators that must know our values: comparison by the one order of values, and arithmetic that would rather fail than be inexact. */

type Operand = Value | undefined;
type ExpressionOperator = (obj: Any, expr: Any, options: Options) => Any;
type AccumulatorOperator = (collection: Any[], expr: Any, options: Options) => Any;
type Operators<T> = Readonly<Record<`$${string}`, T>>;

/** Missing comes before null, and is not equal to it. */
function compare(a: Operand, b: Operand): number {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1);
  return compareValues(a, b);
}

function comparison<T>(name: string, answer: (order: number) => T) {
  return (obj: Any, expr: Any, options: Options): T => {
    const operands = evalExpr(obj, expr, options) as Operand[];
    if (!Array.isArray(operands) || operands.length !== 2) throw new AppError('INVALID_QUERY', `${name} expects two operands`);
    return answer(compare(operands[0], operands[1]));
  };
}

/** mingo calculates with doubles, and passes over what is none. */
function refuseInexact(name: string, operands: unknown): void {
  for (const operand of Array.isArray(operands) ? operands : [operands]) {
    if (Array.isArray(operand)) refuseInexact(name, operand);
    else if (typeof operand === 'bigint' || isDecimal(operand)) {
      const what = typeof operand === 'bigint' ? 'an integer beyond 2^53' : 'a decimal';
      throw new AppError(
        'INVALID_QUERY',
        `${name} has ${what} (${String(operand)}), which is not supported: calculate with it in the function`,
      );
    }
  }
}

const ARITHMETIC = ['$abs', '$add', '$ceil', '$divide', '$exp', '$floor', '$ln', '$log', '$log10', '$mod', '$multiply'].concat([
  '$pow',
  '$round',
  '$sqrt',
  '$subtract',
  '$trunc',
]);
const STATISTICS = ['$avg', '$stdDevPop', '$stdDevSamp', '$sum'];

function guardedExpression(name: string): [string, ExpressionOperator] {
  const original = (expressions as unknown as Operators<ExpressionOperator>)[name as '$add'] as ExpressionOperator;
  return [
    name,
    (obj, expr, options) => {
      refuseInexact(name, evalExpr(obj, expr, options));
      return original(obj, expr, options);
    },
  ];
}

function pushed(collection: Any[], expr: Any, options: Options): unknown[] {
  return accumulators.$push(collection, expr, options);
}

function guardedAccumulator(name: string): [string, AccumulatorOperator] {
  const original = (accumulators as unknown as Operators<AccumulatorOperator>)[name as '$sum'] as AccumulatorOperator;
  return [
    name,
    (collection, expr, options) => {
      if (typeof expr !== 'number') refuseInexact(name, pushed(collection, expr, options));
      return original(collection, expr, options);
    },
  ];
}

function extreme(sign: 1 | -1): AccumulatorOperator {
  return (collection, expr, options) => {
    let best: Operand;
    for (const value of pushed(collection, expr, options) as Operand[]) {
      if (value === null || value === undefined) continue;
      if (best === undefined || compareValues(value, best) * sign > 0) best = value;
    }
    return best ?? null;
  };
}

export const EXACT_EXPRESSIONS: Operators<ExpressionOperator> = {
  ...Object.fromEntries(ARITHMETIC.map(guardedExpression)),
  $eq: comparison('$eq', (order) => order === 0),
  $ne: comparison('$ne', (order) => order !== 0),
  $gt: comparison('$gt', (order) => order > 0),
  $gte: comparison('$gte', (order) => order >= 0),
  $lt: comparison('$lt', (order) => order < 0),
  $lte: comparison('$lte', (order) => order <= 0),
  $cmp: comparison('$cmp', Math.sign),
};

export const EXACT_ACCUMULATORS: Operators<AccumulatorOperator> = {
  ...Object.fromEntries(STATISTICS.map(guardedAccumulator)),
  $max: extreme(1),
  $min: extreme(-1),
};
