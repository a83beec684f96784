import { unreachable } from '../../core/assert.ts';
import { StoredRecord } from '../../core/record.ts';
import type { Document, Value } from '../../core/value.ts';
import type { MappingPlan } from '../../plan/plan.ts';
import type { Frame } from './frame.ts';
import { readSlot } from './frame.ts';
import type { FunctionResults } from './functions.ts';
import { compileWhen } from './when.ts';

/** Gives the mapped value of a frame, once what the user's functions gave for it is known. */
export type Mapping = (frame: Frame, results: FunctionResults) => Value | undefined;

/** What stands for a field that is missing: null, or nothing. */
export type Missing = null | undefined;

/** Compiled once per plan: no look at the plan per document. */
export function compileMapping(plan: MappingPlan, missing: Missing): Mapping {
  switch (plan.kind) {
    case 'constant': {
      const { value } = plan;
      return () => value;
    }
    case 'reference':
      return compileReference(plan, missing);
    case 'function': {
      const { index } = plan;
      return (frame, results) => {
        const value = results.mapped(frame, index);
        return value === undefined ? missing : value;
      };
    }
    case 'object':
      return compileObject(plan, missing);
    case 'select': {
      const options = plan.options.map(({ when, value }) => ({ when: compileWhen(when), value: compileMapping(value, missing) }));
      const otherwise = plan.otherwise === undefined ? () => missing : compileMapping(plan.otherwise, missing);
      return (frame, results) => {
        for (const option of options) if (option.when(frame, results)) return option.value(frame, results);
        return otherwise(frame, results);
      };
    }
    default:
      return unreachable(plan);
  }
}

function compileReference(plan: Extract<MappingPlan, { kind: 'reference' }>, missing: Missing): Mapping {
  const { slot: reference, path } = plan;
  const { slot } = reference;
  const field = path[0];
  if (reference.up === 0 && path.length === 1 && field !== undefined) {
    return (frame) => {
      const held = frame.slots[slot];
      const value = held instanceof StoredRecord ? held.document[field] : undefined;
      if (value !== undefined) return value;
      const other = readSlot(held, path);
      return other === undefined ? missing : other;
    };
  }
  return (frame) => {
    const value = readSlot(frame.at(reference), path);
    return value === undefined ? missing : value;
  };
}

function compileObject(plan: Extract<MappingPlan, { kind: 'object' }>, missing: Missing): Mapping {
  const names = plan.fields.map(({ name }) => name);
  const values = plan.fields.map(({ value }) => compileMapping(value, missing));
  return (frame, results) => {
    const document: Document = {};
    for (let i = 0; i < names.length; i++) {
      const value = (values[i] as Mapping)(frame, results);
      if (value !== undefined) document[names[i] as string] = value;
    }
    return document;
  };
}
