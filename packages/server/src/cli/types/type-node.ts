/** A TypeScript type of values, as far as it is known; `text` is one that needs no looking into. */
export type TypeNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'array'; readonly item: TypeNode }
  | ObjectNode
  | { readonly kind: 'union'; readonly of: readonly TypeNode[] };

export interface ObjectNode {
  readonly kind: 'object';
  readonly fields: readonly FieldNode[];
  /** It may have fields that are not known. */
  readonly isOpen: boolean;
}

export interface FieldNode {
  readonly name: string;
  readonly type: TypeNode;
  readonly isOptional: boolean;
}

/** What may stand at a place; `isMissing`: perhaps nothing. */
export interface Found {
  readonly type: TypeNode;
  readonly isMissing: boolean;
}

export const UNKNOWN: TypeNode = { kind: 'unknown' };
export const NULL: TypeNode = { kind: 'null' };
export const ANY_OBJECT: ObjectNode = { kind: 'object', fields: [], isOpen: true };

export function text(name: string): TypeNode {
  return { kind: 'text', text: name };
}

/** One of several; flat, and each once. */
export function union(types: readonly TypeNode[]): TypeNode {
  const flat = types.flatMap((type) => (type.kind === 'union' ? type.of : [type]));
  if (flat.some((type) => type.kind === 'unknown')) return UNKNOWN;
  const distinct = new Map(flat.map((type) => [JSON.stringify(type), type]));
  // Null comes last, as people write it.
  const of = [...distinct.values()].sort((a, b) => Number(a.kind === 'null') - Number(b.kind === 'null'));
  return of.length === 1 ? (of[0] as TypeNode) : { kind: 'union', of };
}

export function orNull(type: TypeNode): TypeNode {
  return union([type, NULL]);
}

/** What stands at a path of fields; through an array there is nothing. */
export function typeAt(type: TypeNode, path: readonly string[]): Found {
  const [field, ...rest] = path;
  if (field === undefined) return { type, isMissing: false };
  switch (type.kind) {
    case 'unknown':
      return { type: UNKNOWN, isMissing: true };
    case 'union': {
      const found = type.of.map((each) => typeAt(each, path));
      const types = found.filter((each) => each.type !== NOTHING.type).map((each) => each.type);
      return types.length === 0 ? NOTHING : { type: union(types), isMissing: found.some(({ isMissing }) => isMissing) };
    }
    case 'object': {
      const known = type.fields.find(({ name }) => name === field);
      if (known === undefined) return type.isOpen ? { type: UNKNOWN, isMissing: true } : NOTHING;
      const inner = typeAt(known.type, rest);
      return { type: inner.type, isMissing: inner.isMissing || known.isOptional };
    }
    default:
      return NOTHING;
  }
}

/** Nothing can be found there. */
export const NOTHING: Found = { type: { kind: 'text', text: 'never' }, isMissing: true };
