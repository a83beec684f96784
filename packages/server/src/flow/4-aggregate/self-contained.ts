import type { BlockPlan, MappingPlan, SlotReference, StepPlan, WhenPlan } from '../../plan/plan.ts';

/**
 * Whether what a block gives for a document of its join dependency follows from that document alone, and what is found from it: no
 * reference leads out of the block, no function takes part. The join dependency itself starts outside; that decides which documents
 * there are, not what is made of them.
 */
export function isSelfContained(block: BlockPlan): boolean {
  const [first, ...rest] = block.steps;
  if (block.join === undefined || first?.kind !== 'find' || first.slot !== block.join || first.dependency.alternatives.length !== 1)
    return false;
  return rest.every((step) => isStepWithin(step, 0)) && isMappingWithin(block.mapping, 0);
}

/** `depth`: how many blocks lie between here and the one in question. */
function isStepWithin(step: StepPlan, depth: number): boolean {
  if (step.kind === 'block')
    return step.block.steps.every((inner) => isStepWithin(inner, depth + 1)) && isMappingWithin(step.block.mapping, depth + 1);
  return step.dependency.alternatives.every(
    ({ when, find }) => find.kind === 'hop' && isWithin(find.from, depth) && (when === undefined || isWhenWithin(when, depth)),
  );
}

function isMappingWithin(mapping: MappingPlan, depth: number): boolean {
  switch (mapping.kind) {
    case 'constant':
      return true;
    case 'function':
      return false;
    case 'reference':
      return isWithin(mapping.slot, depth);
    case 'object':
      return mapping.fields.every(({ value }) => isMappingWithin(value, depth));
    case 'select':
      return (
        mapping.options.every(({ when, value }) => isWhenWithin(when, depth) && isMappingWithin(value, depth)) &&
        (mapping.otherwise === undefined || isMappingWithin(mapping.otherwise, depth))
      );
  }
}

function isWhenWithin(when: WhenPlan, depth: number): boolean {
  return [when.left, when.right].every(
    (operand) => operand.kind === 'constant' || (operand.kind === 'reference' && isWithin(operand.slot, depth)),
  );
}

function isWithin(slot: SlotReference, depth: number): boolean {
  return slot.up <= depth;
}
