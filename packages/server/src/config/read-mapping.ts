import { METADATA_FIELDS } from '../core/metadata.ts';
import type { Place } from '../core/problem.ts';
import { STATES } from '../core/record.ts';
import type { MappingDefinition } from '../core/view.ts';
import { codeFile } from './code-file.ts';
import { readToken } from './constant.ts';
import type { AggregationContext } from './aggregation-context.ts';
import { readWhen } from './read-when.ts';
import { below, listed, show } from './report.ts';
import type { MappingInput } from './shapes/aggregation.ts';

type SelectInput = Extract<MappingInput, { _select: { options: unknown } }>;

/** Reads a mapping of fields. `view`: it makes the single view itself, where some names have a meaning or are taken. */
export async function readMapping(
  context: AggregationContext,
  mapping: Readonly<Record<string, MappingInput>>,
  place: Place,
  level: 'view' | 'inner',
): Promise<Extract<MappingDefinition, { kind: 'object' }>> {
  const fields = [];
  for (const [name, input] of Object.entries(mapping)) {
    const at = below(place, name);
    if (level === 'view' && name !== '__STATE__' && METADATA_FIELDS.has(name) && name !== 'timestamp') {
      const message = `The single view's field ${name} is set by Millrace, so that its mapping does nothing`;
      context.reading.report.warn('CONFIG_NO_EFFECT', at, message, { cure: 'Remove it, or map it to a field of another name' });
      continue;
    }
    const value = await readValue(context, input, at);
    if (value === undefined) continue;
    if (level === 'view' && name === '__STATE__') checkState(context, value);
    fields.push({ name, value });
  }
  return { kind: 'object', fields, place };
}

async function readValue(context: AggregationContext, input: MappingInput, place: Place): Promise<MappingDefinition | undefined> {
  if (input === null) return { kind: 'constant', value: null, place };
  if (typeof input === 'string') return await readText(context, input, place);
  if (isSelect(input)) return await readSelect(context, input, place);
  return await readMapping(context, input, place, 'inner');
}

/** The shape has been checked: an object with `_select` is nothing else. */
function isSelect(input: Exclude<MappingInput, string | null>): input is SelectInput {
  return Object.hasOwn(input, '_select');
}

async function readText(context: AggregationContext, text: string, place: Place): Promise<MappingDefinition | undefined> {
  const token = readToken(text);
  switch (token.kind) {
    case 'constant':
      return { kind: 'constant', value: token.value, place };
    case 'function': {
      const code = await codeFile(context.reading, token.name, context.folders, place);
      if (code === undefined) context.faulty = true;
      return code === undefined ? undefined : { kind: 'function', code, place };
    }
    case 'plain': {
      const [dependency = '', ...path] = text.split('.');
      if (dependency !== '' && !path.includes('')) return { kind: 'reference', dependency, path, place };
      context.faulty = true;
      context.reading.report.error('CONFIG_VALUE', place, `${show(text)} is not the path of a field`, {
        expected: 'DEPENDENCY.field, the name of a config block, or a constant such as __string__[x]',
      });
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

async function readSelect(context: AggregationContext, input: SelectInput, place: Place): Promise<MappingDefinition> {
  const at = below(place, '_select');
  context.features.push({ name: '_select', since: '1.1.0', place: at });
  const options = [];
  for (const [index, option] of input._select.options.entries()) {
    const when = await readWhen(context, option.when as Parameters<typeof readWhen>[1], below(at, 'options', index, 'when'));
    const value = await readValue(context, option.value, below(at, 'options', index, 'value'));
    if (when !== undefined && value !== undefined) options.push({ when, value });
  }
  const { default: fallback } = input._select;
  const otherwise = fallback === undefined ? undefined : await readValue(context, fallback, below(at, 'default'));
  return { kind: 'select', options, otherwise, place };
}

function checkState(context: AggregationContext, value: MappingDefinition): void {
  if (value.kind !== 'constant' || (STATES as readonly unknown[]).includes(value.value)) return;
  context.faulty = true;
  context.reading.report.error('CONFIG_VALUE', value.place, `__STATE__ cannot be ${show(value.value)}`, {
    expected: listed(STATES),
    name: show(value.value),
    among: STATES,
  });
}
