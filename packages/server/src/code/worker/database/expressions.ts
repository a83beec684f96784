import { Aggregator } from 'mingo/aggregator';
import { Context, ProcessingMode, evalExpr } from 'mingo/core';
import type { Options } from 'mingo/types';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import {
  $addFields,
  $bucket,
  $group,
  $project,
  $replaceRoot,
  $replaceWith,
  $set,
  $sort,
  $sortByCount,
  $unset,
  $unwind,
} from 'mingo/operators/pipeline';
import { AppError, messageOf } from '../../../core/errors.ts';
import type { Document, Value } from '../../../core/value.ts';
import { EXACT_ACCUMULATORS, EXACT_EXPRESSIONS } from './exact-operators.ts';

/** Of `let`, by name without `$$`. */
export type Variables = Readonly<Record<string, Value>>;

// Of code that comes as text, and of what would not be the same in every run.
const { $function: _function, $rand: _rand, ...plainExpressions } = expressions;
const { $accumulator: _accumulator, ...plainAccumulators } = accumulators;

const context = Context.init({
  accumulator: { ...plainAccumulators, ...EXACT_ACCUMULATORS },
  expression: { ...plainExpressions, ...EXACT_EXPRESSIONS },
  // `$sort` and `$group` are what `$sortByCount` and `$bucket` are made of.
  pipeline: { $addFields, $bucket, $group, $project, $replaceRoot, $replaceWith, $set, $sort, $sortByCount, $unset, $unwind },
});

function optionsWith(variables: Variables): Partial<Options> {
  return { context, variables, scriptEnabled: false, processingMode: ProcessingMode.CLONE_INPUT };
}

/** One stage over documents. Throws INVALID_QUERY that names an operator it does not know. */
export function runStage(documents: readonly Document[], stage: Document, variables: Variables): Document[] {
  return named(Object.keys(stage)[0] ?? '', () => new Aggregator([stage], optionsWith(variables)).run([...documents]) as Document[]);
}

/** The value of an expression for a document; undefined where it is missing. */
export function evaluate(document: Document, expression: Value, variables: Variables): Value | undefined {
  return named('An expression', () => evalExpr(document, expression, optionsWith(variables) as Options) as Value | undefined);
}

export function isTrue(document: Document, expression: Value, variables: Variables): boolean {
  const value = evaluate(document, expression, variables);
  return value !== undefined && value !== null && value !== false && value !== 0;
}

function named<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const unknown = /'?(\$\w+)'? is not registered/.exec(messageOf(error))?.[1];
    const message = unknown === undefined ? `${what}: ${messageOf(error)}` : `Operator ${unknown} in ${what} is not supported`;
    throw new AppError('INVALID_QUERY', message, { cause: error });
  }
}
