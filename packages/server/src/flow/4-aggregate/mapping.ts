import { unreachable } from '../../core/assert.ts';
import { StoredRecord } from '../../core/record.ts';
import { tagged } from '../../core/tagged-json.ts';
import type { Document, Value } from '../../core/value.ts';
import type { MappingPlan } from '../../plan/plan.ts';
import type { Frame, SlotValue } from './frame.ts';
import { readSlot } from './frame.ts';
import type { FunctionResults } from './functions.ts';
import { compileWhen } from './when.ts';

/** Gives the mapped value of a frame, once what the user's functions gave for it is known. */
export type Mapping = (frame: Frame, results: FunctionResults) => Value | undefined;

export interface MappingOptions {
  /** What stands for a field that is missing: null, or nothing. */
  readonly missing: null | undefined;
  /** Values are tagged as they are mapped, so that the document's text is one `JSON.stringify`. Not where functions are shown values. */
  readonly tagged: boolean;
}

/** Compiled once per plan: no look at the plan per document. */
export function compileMapping(plan: MappingPlan, options: MappingOptions): Mapping {
  const { missing } = options;
  switch (plan.kind) {
    case 'constant': {
      const value = options.tagged ? tagged(plan.value) : plan.value;
      return () => value;
    }
    case 'reference':
      return compileReference(plan, options);
    case 'function': {
      const { index } = plan;
      return (frame, results) => {
        const value = results.mapped(frame, index);
        return value === undefined ? missing : value;
      };
    }
    case 'object':
      return compileObject(plan, options);
    case 'select': {
      const choices = plan.options.map(({ when, value }) => ({
        when: compileWhen(when, options.tagged),
        value: compileMapping(value, options),
      }));
      const otherwise = plan.otherwise === undefined ? () => missing : compileMapping(plan.otherwise, options);
      return (frame, results) => {
        for (const choice of choices) if (choice.when(frame, results)) return choice.value(frame, results);
        return otherwise(frame, results);
      };
    }
    default:
      return unreachable(plan);
  }
}

function compileReference(plan: Extract<MappingPlan, { kind: 'reference' }>, options: MappingOptions): Mapping {
  const { slot: reference, path } = plan;
  const { slot } = reference;
  const { missing, tagged: isTagged } = options;
  const field = path[0];
  // What stands in a slot as a value is the result of a block, and was tagged when it was mapped.
  const read = (held: SlotValue): Value | undefined => {
    const value = readSlot(held, path);
    if (value === undefined) return missing;
    return isTagged && held instanceof StoredRecord ? tagged(value) : value;
  };
  if (reference.up > 0 || path.length > 1 || field === undefined) return (frame) => read(frame.at(reference));
  return (frame) => {
    const held = frame.slots[slot];
    if (!(held instanceof StoredRecord)) return read(held);
    const value = held.document[field];
    if (typeof value === 'string') return value;
    if (value === undefined) return read(held);
    return isTagged ? tagged(value) : value;
  };
}

function compileObject(plan: Extract<MappingPlan, { kind: 'object' }>, options: MappingOptions): Mapping {
  const names = plan.fields.map(({ name }) => (options.tagged && name.startsWith('$') ? `$${name}` : name));
  const values = plan.fields.map(({ value }) => compileMapping(value, options));
  return (frame, results) => {
    const document: Document = {};
    for (let i = 0; i < names.length; i++) {
      const value = (values[i] as Mapping)(frame, results);
      if (value !== undefined) document[names[i] as string] = value;
    }
    return document;
  };
}
