import type { Place } from '../core/problem.ts';
import { PUBLIC_ONLY } from '../core/record.ts';
import type { State } from '../core/record.ts';
import type { DependencyBody, DependencyDefinition, IdentifierOperand } from '../core/view.ts';
import { readToken } from './constant.ts';
import type { AggregationContext } from './aggregation-context.ts';
import { readWhen } from './read-when.ts';
import { below, show } from './report.ts';
import type { BodyOptions, DependencyOptions } from './shapes/aggregation.ts';

const IDENTIFIER = '_identifier';

export async function readDependency(
  context: AggregationContext,
  name: string,
  options: DependencyOptions,
  place: Place,
): Promise<DependencyDefinition | undefined> {
  const { type, _select: select, ...body } = options;
  if (type === 'config') return readConfig(context, name, options, place);
  if (select === undefined) {
    const read = readBody(context, name, body, undefined, place);
    return read === undefined ? undefined : { kind: 'projection', name, body: read, place };
  }
  context.features.push({ name: '_select', since: '1.1.0', place: below(place, '_select') });
  refuseKeys(
    context,
    name,
    body,
    ['aliasOf', 'on', 'useAlias', 'identifierQueryMapping'],
    'with _select',
    'Move it into the values of _select',
    place,
  );
  const at = below(place, '_select');
  const cases = [];
  for (const [index, { when, value }] of select.options.entries()) {
    const condition = await readWhen(context, when, below(at, 'options', index, 'when'));
    const read = readBody(context, name, value, options.onStates, below(at, 'options', index, 'value'));
    if (condition !== undefined && read !== undefined) cases.push({ when: condition, body: read });
  }
  const otherwise =
    select.default === undefined ? undefined : readBody(context, name, select.default, options.onStates, below(at, 'default'));
  return { kind: 'select', name, options: cases, otherwise, place };
}

function readConfig(context: AggregationContext, name: string, options: DependencyOptions, place: Place): DependencyDefinition {
  const { type: _, ...others } = options;
  const cure = 'Remove it here: it belongs to a projection dependency inside the config block';
  refuseKeys(context, name, others, Object.keys(others), 'of type config', cure, place);
  return { kind: 'config', name, place };
}

function refuseKeys(
  context: AggregationContext,
  name: string,
  options: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  why: string,
  cure: string,
  place: Place,
): void {
  for (const key of keys) {
    if (options[key] === undefined) continue;
    context.faulty = true;
    context.reading.report.error('CONFIG_CONTRADICTION', below(place, key), `The dependency ${name} ${why} has ${key}`, { cure });
  }
}

function readBody(
  context: AggregationContext,
  name: string,
  options: Omit<BodyOptions, 'type'>,
  outerStates: readonly State[] | undefined,
  place: Place,
): DependencyBody | undefined {
  const { features } = context;
  for (const key of ['aliasOf', 'useAlias', 'identifierQueryMapping'] as const) {
    if (options[key] !== undefined) features.push({ name: key, since: '1.1.0', place: below(place, key) });
  }
  if ((options.onStates ?? outerStates) !== undefined) features.push({ name: 'onStates', since: '1.2.0', place: below(place, 'onStates') });
  if (options.on === undefined) {
    context.faulty = true;
    context.reading.report.error('CONFIG_MISSING_KEY', place, `The dependency ${name} has no on`, {
      expected: `${IDENTIFIER}, or the name of a condition of the ER schema`,
      cure: 'Add on',
    });
    return undefined;
  }
  const onIdentifier = options.on === IDENTIFIER;
  if (!onIdentifier && options.identifierQueryMapping !== undefined) {
    context.faulty = true;
    const message = `The dependency ${name} stands on "${options.on}", but has identifierQueryMapping`;
    context.reading.report.error('CONFIG_CONTRADICTION', below(place, 'identifierQueryMapping'), message, {
      expected: `on: ${IDENTIFIER}`,
      cure: `Set on to ${IDENTIFIER}, or remove identifierQueryMapping`,
    });
  }
  if (onIdentifier && options.useAlias !== undefined) {
    const message = `The dependency ${name} stands on ${IDENTIFIER}, so that its useAlias does nothing`;
    context.reading.report.warn('CONFIG_NO_EFFECT', below(place, 'useAlias'), message, { cure: 'Remove useAlias' });
  }
  return {
    collection: options.aliasOf ?? name,
    on: onIdentifier ? { kind: 'identifier' } : { kind: 'condition', name: options.on },
    useAlias: onIdentifier ? undefined : options.useAlias,
    identifierQueryMapping: readIdentifierMapping(context, options.identifierQueryMapping, below(place, 'identifierQueryMapping')),
    onStates: options.onStates ?? outerStates ?? PUBLIC_ONLY,
    place,
  };
}

function readIdentifierMapping(
  context: AggregationContext,
  mapping: Readonly<Record<string, string>> | undefined,
  place: Place,
): Readonly<Record<string, IdentifierOperand>> | undefined {
  if (mapping === undefined) return undefined;
  const entries: [string, IdentifierOperand][] = [];
  for (const [field, text] of Object.entries(mapping)) {
    const operand = identifierOperand(text);
    if (operand !== undefined) {
      entries.push([field, operand]);
      continue;
    }
    context.faulty = true;
    context.reading.report.error('CONFIG_VALUE', below(place, field), `${show(text)} is no key of the identifier`, {
      expected: `${IDENTIFIER}.<key>, or a constant such as __string__[x]`,
      cure: `Write ${IDENTIFIER}.${text.replace(/^_?identifier\.?/i, '') || field}`,
    });
  }
  return Object.fromEntries(entries);
}

function identifierOperand(text: string): IdentifierOperand | undefined {
  const token = readToken(text);
  if (token.kind === 'constant') return { kind: 'constant', value: token.value };
  const key = text.startsWith(`${IDENTIFIER}.`) ? text.slice(IDENTIFIER.length + 1) : '';
  return token.kind === 'plain' && key !== '' ? { kind: 'identifier', key } : undefined;
}
