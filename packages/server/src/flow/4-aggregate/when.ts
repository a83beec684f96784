import { compareValues, equalValues, kindOf } from '../../core/value-order.ts';
import { StoredRecord } from '../../core/record.ts';
import { decode } from '../../core/tagged-json.ts';
import type { Value } from '../../core/value.ts';
import type { OperandPlan, WhenPlan } from '../../plan/plan.ts';
import type { Frame } from './frame.ts';
import { textOf } from './fragment.ts';
import { readSlot } from './frame.ts';
import type { FunctionResults } from './functions.ts';

export type When = (frame: Frame, results: FunctionResults) => boolean;

/** A condition of `_select`. Missing equals null; values of different types are never less or greater than each other. */
export function compileWhen(plan: WhenPlan, isTagged: boolean): When {
  const left = compileOperand(plan.left, isTagged);
  const right = compileOperand(plan.right, isTagged);
  const holds = OPERATORS[plan.operator];
  return (frame, results) => holds(left(frame, results), right(frame, results));
}

const OPERATORS: Readonly<Record<WhenPlan['operator'], (a: Value, b: Value) => boolean>> = {
  '==': (a, b) => equalValues(a, b),
  '!=': (a, b) => !equalValues(a, b),
  '>': (a, b) => comparable(a, b) && compareValues(a, b) > 0,
  '<': (a, b) => comparable(a, b) && compareValues(a, b) < 0,
  '>=': (a, b) => comparable(a, b) && compareValues(a, b) >= 0,
  '<=': (a, b) => comparable(a, b) && compareValues(a, b) <= 0,
};

function comparable(a: Value, b: Value): boolean {
  return kindOf(a) === kindOf(b);
}

/** `isTagged`: results of blocks are tagged, and compared as what they stand for. */
function compileOperand(operand: OperandPlan, isTagged: boolean): (frame: Frame, results: FunctionResults) => Value {
  switch (operand.kind) {
    case 'constant':
      return () => operand.value;
    case 'reference':
      return (frame) => {
        const held = frame.at(operand.slot);
        const value = readSlot(held, operand.path) ?? null;
        return isTagged && !(held instanceof StoredRecord) ? decode(textOf(value)) : value;
      };
    case 'function':
      return (_frame, results) => results.operand(operand.code);
  }
}
