import type { Place } from '../core/problem.ts';
import type { WhenDefinition, WhenOperand } from '../core/view.ts';
import { codeFile } from './code-file.ts';
import { readToken } from './constant.ts';
import type { AggregationContext } from './aggregation-context.ts';
import { below, show } from './report.ts';
import type { ComparisonOptions } from './shapes/aggregation.ts';

/** Reads the condition of a `_select`: one operator with two operands. */
export async function readWhen(context: AggregationContext, when: ComparisonOptions, place: Place): Promise<WhenDefinition | undefined> {
  const entries = Object.entries(when).filter(([, operands]) => operands !== undefined);
  const [first] = entries;
  if (first === undefined || entries.length > 1) {
    context.faulty = true;
    // An operator that was left out has been reported.
    if (first === undefined && context.reading.report.has(place)) return undefined;
    const message = entries.length > 1 ? `when has ${entries.length} operators` : 'when has no operator';
    context.reading.report.error('CONFIG_VALUE', place, message, { expected: 'one of ==, !=, >, <, >=, <= with two operands' });
    return undefined;
  }
  const [operator, [left, right]] = first as [WhenDefinition['operator'], NonNullable<ComparisonOptions['==']>];
  const readLeft = await readOperand(context, left, below(place, operator, 0));
  const readRight = await readOperand(context, right, below(place, operator, 1));
  if (readLeft === undefined || readRight === undefined) return undefined;
  return { operator, left: readLeft, right: readRight, place };
}

async function readOperand(
  context: AggregationContext,
  operand: string | number | boolean | null,
  place: Place,
): Promise<WhenOperand | undefined> {
  if (operand === null) context.features.push({ name: 'null in when', since: '1.1.0', place });
  if (typeof operand !== 'string') return { kind: 'constant', value: operand };
  const token = readToken(operand);
  switch (token.kind) {
    case 'constant':
      return { kind: 'constant', value: token.value };
    case 'function': {
      context.features.push({ name: '__fromFile__ in when', since: '1.3.0', place });
      const code = await codeFile(context.reading, token.name, context.folders, place);
      if (code === undefined) context.faulty = true;
      return code === undefined ? undefined : { kind: 'function', code };
    }
    case 'plain': {
      const [dependency = '', ...path] = token.text.split('.');
      if (dependency !== '' && !path.includes('')) return { kind: 'reference', dependency, path };
      context.faulty = true;
      context.reading.report.error('CONFIG_VALUE', place, `${show(operand)} is not the path of a field`, { expected: 'DEPENDENCY.field' });
      return undefined;
    }
    case 'fault':
      context.faulty = true;
      context.reading.report.error('CONFIG_VALUE', place, token.message, {
        expected: token.expected,
        cure: token.near === undefined ? undefined : `Did you mean ${token.near}?`,
      });
      return undefined;
  }
}
