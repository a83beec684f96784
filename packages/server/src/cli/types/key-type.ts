import type { Plan, ViewPlan } from '../../plan/plan.ts';
import { NULL, text, typeAt, union } from './type-node.ts';
import type { ObjectNode, TypeNode } from './type-node.ts';

/** What names a document in `get`: the bare value of a key of one field, an object of several. */
export function keyType(plan: Plan, collection: string, types: ReadonlyMap<string, ObjectNode>): TypeNode {
  const view = plan.views.find(({ name }) => name === collection);
  const parts = view === undefined ? projectionKey(plan, collection, types) : viewKey(view, types);
  const [only, another] = parts;
  if (only === undefined) return text('string');
  if (another === undefined) return only.type;
  const fields = parts.map(({ name, type }) => ({ name, type, isOptional: false }));
  return { kind: 'object', isOpen: false, fields };
}

interface KeyPart {
  readonly name: string;
  readonly type: TypeNode;
}

function projectionKey(plan: Plan, collection: string, types: ReadonlyMap<string, ObjectNode>): readonly KeyPart[] {
  return (plan.collections.get(collection)?.key ?? []).map((name) => ({ name, type: scalarAt(types.get(collection), name) }));
}

/** Of a view whose documents are named by their identifier: its keys, with the types of the base's fields. */
function viewKey(view: ViewPlan, types: ReadonlyMap<string, ObjectNode>): readonly KeyPart[] {
  if (view.key.kind === 'fields') return view.key.fields.map(({ field }) => ({ name: field, type: scalarAt(types.get(view.name), field) }));
  if (view.key.kind === 'function' || view.identify?.kind !== 'fields') return [];
  const base = types.get(view.base?.collection ?? '');
  return view.identify.fields.map(({ key, field }) => ({ name: key, type: scalarAt(base, field) }));
}

const ANY_KEY = union([text('string'), text('number'), text('bigint'), text('boolean'), text('Date')]);

/** Keys are never null, and what is not known may be any key. */
function scalarAt(document: ObjectNode | undefined, field: string): TypeNode {
  const { type } = document === undefined ? { type: ANY_KEY } : typeAt(document, [field]);
  const of = (type.kind === 'union' ? type.of : [type]).filter((each) => each !== NULL && each.kind === 'text' && each.text !== 'never');
  return of.length === 0 ? ANY_KEY : union(of);
}
