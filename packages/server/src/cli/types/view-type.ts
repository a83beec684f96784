import type { Compatibility } from '../../core/projection.ts';
import type { Value } from '../../core/value.ts';
import type { BlockPlan, DependencyPlan, MappingPlan, SlotReference, ViewPlan } from '../../plan/plan.ts';
import { ANY_OBJECT, NOTHING, NULL, UNKNOWN, orNull, text, typeAt, union } from './type-node.ts';
import type { FieldNode, Found, ObjectNode, TypeNode } from './type-node.ts';

export interface ViewTypeContext {
  readonly compatibility: Compatibility;
  /** Types of the collections that the view reads. */
  readonly collections: ReadonlyMap<string, ObjectNode>;
}

/** What stands in the slots of a block, and of the blocks around it. */
interface Scope {
  readonly slots: readonly Found[];
  readonly parent: Scope | undefined;
}

/** Documents of a single view, as its aggregation makes them; what functions of the user's make is unknown. */
export function viewType({ root, definition }: ViewPlan, context: ViewTypeContext): ObjectNode {
  const { upsertStrategy } = definition;
  if (root === undefined || upsertStrategy.kind === 'function') return ANY_OBJECT;
  const { type } = mapped(root.mapping, scopeOf(root, undefined, context), context);
  if (type.kind !== 'object') return ANY_OBJECT;
  // A mapped __STATE__ is the document's state, no field. What an update leaves from before may be anything.
  return { ...type, fields: type.fields.filter(({ name }) => name !== '__STATE__'), isOpen: upsertStrategy.kind === 'update' };
}

function scopeOf(block: BlockPlan, parent: Scope | undefined, context: ViewTypeContext): Scope {
  const slots: Found[] = Array.from({ length: block.slots }, () => NOTHING);
  const scope: Scope = { slots, parent };
  for (const step of block.steps) {
    if (step.kind === 'block') slots[step.slot] = { type: blockType(step.block, scope, context), isMissing: false };
    else {
      // There is no view without its first document, and no element without that which it stands for.
      const isThere = step.dependency.many || (parent === undefined && step.slot === block.first);
      slots[step.slot] = { type: documentType(step.dependency, context), isMissing: !isThere };
    }
  }
  return scope;
}

function documentType({ alternatives }: DependencyPlan, { collections }: ViewTypeContext): TypeNode {
  return union(alternatives.map(({ collection }) => collections.get(collection) ?? ANY_OBJECT));
}

function blockType(block: BlockPlan, parent: Scope, context: ViewTypeContext): TypeNode {
  const { type, isMissing } = mapped(block.mapping, scopeOf(block, parent, context), context);
  const value = isMissing ? orNull(type) : type;
  if (block.join !== undefined) return { kind: 'array', item: value };
  return context.compatibility.emptyObject === 'null' && block.first !== undefined ? orNull(value) : value;
}

function mapped(mapping: MappingPlan, scope: Scope, context: ViewTypeContext): Found {
  switch (mapping.kind) {
    case 'constant':
      return { type: constantType(mapping.value), isMissing: false };
    case 'function':
      return filled({ type: UNKNOWN, isMissing: true }, context);
    case 'reference':
      return filled(referred(mapping.slot, mapping.path, scope), context);
    case 'object':
      return { type: objectType(mapping.fields, scope, context), isMissing: false };
    case 'select': {
      const choices = mapping.options.map(({ value }) => mapped(value, scope, context));
      choices.push(mapping.otherwise === undefined ? filled(NOTHING, context) : mapped(mapping.otherwise, scope, context));
      return { type: unionOf(choices), isMissing: choices.some(({ isMissing }) => isMissing) };
    }
  }
}

function objectType(
  fields: readonly { readonly name: string; readonly value: MappingPlan }[],
  scope: Scope,
  context: ViewTypeContext,
): ObjectNode {
  const nodes = fields.flatMap(({ name, value }): FieldNode[] => {
    const { type, isMissing } = mapped(value, scope, context);
    return type === NOTHING.type ? [] : [{ name, type, isOptional: isMissing }];
  });
  return { kind: 'object', isOpen: false, fields: nodes };
}

function referred(slot: SlotReference, path: readonly string[], scope: Scope): Found {
  let at: Scope | undefined = scope;
  for (let up = slot.up; up > 0; up--) at = at?.parent;
  const held = at?.slots[slot.slot] ?? NOTHING;
  const found = typeAt(held.type, path);
  if (found === NOTHING && path.length === 1 && (path[0] === '_id' || path[0] === '__STATE__'))
    return { type: text('string'), isMissing: held.isMissing };
  return found === NOTHING ? NOTHING : { type: found.type, isMissing: held.isMissing || found.isMissing };
}

/** What stands for what is missing: null, or nothing. */
function filled(found: Found, { compatibility }: ViewTypeContext): Found {
  if (!found.isMissing || compatibility.missingFields === 'omit') return found;
  return { type: found === NOTHING ? NULL : orNull(found.type), isMissing: false };
}

function unionOf(choices: readonly Found[]): TypeNode {
  const types = choices.map(({ type }) => type).filter((type) => type !== NOTHING.type);
  return types.length === 0 ? NOTHING.type : union(types);
}

function constantType(value: Value): TypeNode {
  if (value === null) return NULL;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? text(JSON.stringify(value)) : UNKNOWN;
}
