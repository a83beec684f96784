import type { CodeResult, UserCode } from '../../code/code.ts';
import type { CodeReference } from '../../core/code-reference.ts';
import { kindOfRecord, withMetadata } from '../../core/metadata.ts';
import { StoredRecord } from '../../core/record.ts';
import type { Value } from '../../core/value.ts';
import type { BlockPlan, MappingPlan, OperandPlan, WhenPlan } from '../../plan/plan.ts';
import type { Frame } from './frame.ts';

export type Failure = Extract<CodeResult, { ok: false }>;

/** What the user's functions gave: for operands once per build, for mappings once per frame. */
export interface FunctionResults {
  operand(code: CodeReference): Value;
  /** Undefined where the function gave nothing, or failed. */
  mapped(frame: Frame, index: number): Value | undefined;
}

/** The functions of one build, called a block at a time for all its frames, and what failed of them. */
export class Functions implements FunctionResults {
  readonly #code: UserCode | null;
  readonly #deadlineMs: number;
  readonly #operands = new Map<string, Value>();
  readonly #mapped = new Map<Frame, (Value | undefined)[]>();
  /** By root: the first failure of a function that took part in it. */
  readonly failures = new Map<number, Failure>();

  constructor(code: UserCode | null, deadlineMs: number) {
    this.#code = code;
    this.#deadlineMs = deadlineMs;
  }

  operand(code: CodeReference): Value {
    return this.#operands.get(textOf(code)) ?? null;
  }

  mapped(frame: Frame, index: number): Value | undefined {
    return this.#mapped.get(frame)?.[index];
  }

  /** Calls the functions that stand as operands anywhere in a view. A failure is one of every root. */
  async callOperands(block: BlockPlan, roots: number): Promise<void> {
    for (const code of operandFunctions(block)) {
      const [result] = await this.call('operand', code, [[]]);
      if (result?.ok === true) this.#operands.set(textOf(code), result.value);
      else if (result !== undefined) for (let root = 0; root < roots; root++) this.fail(root, result);
    }
  }

  /** Calls the mapping functions of a block for all its frames. */
  async callMappings(functions: readonly MappingFunction[], frames: readonly Frame[]): Promise<void> {
    for (const { code, index, visible } of functions) {
      const calls = frames.map((frame) => [Object.fromEntries(visible.map(({ name, slot }) => [name, this.#shown(frame.at(slot))]))]);
      const results = await this.call('mapping', code, calls);
      results.forEach((result, i) => {
        const frame = frames[i] as Frame;
        if (!result.ok) return this.fail(frame.root, result);
        const values = this.#mapped.get(frame) ?? [];
        values[index] = result.value;
        this.#mapped.set(frame, values);
      });
    }
  }

  async call(role: 'operand' | 'mapping', code: CodeReference, calls: readonly (readonly Value[])[]): Promise<readonly CodeResult[]> {
    if (calls.length === 0) return [];
    if (this.#code === null) return calls.map(() => ({ ok: false, failure: 'load', message: 'User code is not available here' }) as const);
    return this.#code.call(
      role,
      code,
      calls.map((args) => ({ arguments: args })),
      { deadlineMs: this.#deadlineMs },
    );
  }

  fail(root: number, failure: Failure): void {
    if (!this.failures.has(root)) this.failures.set(root, failure);
  }

  #shown(value: ReturnType<Frame['at']>): Value {
    if (value instanceof StoredRecord) return withMetadata(value, kindOfRecord(value));
    return value ?? null;
  }
}

function textOf(code: CodeReference): string {
  return `${code.file}#${code.export ?? ''}`;
}

export type MappingFunction = Extract<MappingPlan, { kind: 'function' }>;

/** The functions of a block's own mapping. */
export function mappingFunctions(mapping: MappingPlan): MappingFunction[] {
  switch (mapping.kind) {
    case 'function':
      return [mapping];
    case 'object':
      return mapping.fields.flatMap(({ value }) => mappingFunctions(value));
    case 'select':
      return [...mapping.options.map(({ value }) => value), ...(mapping.otherwise === undefined ? [] : [mapping.otherwise])].flatMap(
        mappingFunctions,
      );
    default:
      return [];
  }
}

function operandFunctions(block: BlockPlan): CodeReference[] {
  const found = new Map<string, CodeReference>();
  const add = (operand: OperandPlan): void => {
    if (operand.kind === 'function') found.set(textOf(operand.code), operand.code);
  };
  const addWhen = (when: WhenPlan | undefined): void => {
    if (when !== undefined) [when.left, when.right].forEach(add);
  };
  const visitMapping = (mapping: MappingPlan): void => {
    if (mapping.kind === 'object') for (const { value } of mapping.fields) visitMapping(value);
    if (mapping.kind !== 'select') return;
    for (const option of mapping.options) {
      addWhen(option.when);
      visitMapping(option.value);
    }
    if (mapping.otherwise !== undefined) visitMapping(mapping.otherwise);
  };
  const visit = (current: BlockPlan): void => {
    visitMapping(current.mapping);
    for (const step of current.steps) {
      if (step.kind === 'block') visit(step.block);
      else for (const { when } of step.dependency.alternatives) addWhen(when);
    }
  };
  visit(block);
  return [...found.values()];
}

/** A view without functions: nothing was called. */
export const NO_FUNCTIONS: FunctionResults = { operand: () => null, mapped: () => undefined };
