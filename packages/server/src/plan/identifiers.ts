import type { BlockDefinition, DependencyBody, ViewDefinition } from '../core/view.ts';
import type { CollectionFacts } from './collections.ts';
import type { IdentifyPlan, ViewKeyPlan } from './plan.ts';
import { below } from './problems.ts';
import { Problems } from './problems.ts';
import { bodiesOf } from './resolve-names.ts';

/** The dependency of the root block that stands on the identifier. */
export interface Base {
  readonly name: string;
  readonly body: DependencyBody;
}

export function findBase(root: BlockDefinition, problems: Problems): Base | undefined {
  const bases = root.dependencies.flatMap((dependency) =>
    bodiesOf(dependency)
      .filter((body) => body.on.kind === 'identifier')
      .map((body) => ({ name: dependency.name, body })),
  );
  const [base, other] = bases;
  const place = below(root.place, 'dependencies');
  if (base === undefined) {
    problems.error('NO_BASE', place, `${root.name} has no base: no dependency stands on _identifier`, {
      cure: 'Give the base projection "on": "_identifier".',
    });
  } else if (other !== undefined) {
    problems.error('SEVERAL_BASES', place, `${root.name} has two bases: ${base.name} and ${other.name} both stand on _identifier`, {
      cure: 'Keep one; join the other to it by a condition.',
    });
    return undefined;
  }
  return base;
}

/**
 * Fields of the base that an identifier's keys name where no identifierQueryMapping says so: those of the declared paths, else of the
 * declared single view key, else the base's primary key.
 */
export function identifierFields(view: ViewDefinition, base: CollectionFacts | undefined): readonly string[] {
  for (const path of view.paths ?? []) if (path.identifier.kind === 'fields') return Object.keys(path.identifier.fields);
  if (view.key?.kind === 'fields') return [...new Set(Object.values(view.key.fields))];
  return base?.key ?? [];
}

/** How a base document gives the identifier, when no path declares it. */
export function deriveIdentify(view: ViewDefinition, base: Base, facts: CollectionFacts | undefined): IdentifyPlan {
  const mapping = base.body.identifierQueryMapping;
  if (mapping === undefined) return { kind: 'fields', fields: identifierFields(view, facts).map((field) => ({ key: field, field })) };
  const fields = Object.entries(mapping).flatMap(([field, operand]) =>
    operand.kind === 'identifier' ? [{ key: operand.key, field }] : [],
  );
  return { kind: 'fields', fields };
}

/** The keys of the identifier that the base is found by must be some that the declared paths give. */
export function checkQueryMapping(view: ViewDefinition, base: Base, identify: IdentifyPlan, problems: Problems): void {
  const mapping = base.body.identifierQueryMapping;
  const hasOwnStrategies = [...(view.strategies?.values() ?? [])].some(({ strategy }) => strategy.kind === 'function');
  if (mapping === undefined || identify.kind !== 'fields' || hasOwnStrategies) return;
  const keys = identify.fields.map(({ key }) => key);
  for (const [field, operand] of Object.entries(mapping)) {
    if (operand.kind === 'constant' || keys.includes(operand.key)) continue;
    problems.error(
      'UNKNOWN_IDENTIFIER_KEY',
      below(base.body.place, 'identifierQueryMapping', field),
      `identifierQueryMapping takes ${field} from ${operand.key}, which identifiers of ${view.name} do not have`,
      { expected: `one of ${keys.join(', ')}`, name: operand.key, among: keys },
    );
  }
}

/** The single view's key: as declared, else the fields of the mapping that copy the identifier's fields from the base. */
export function deriveKey(
  view: ViewDefinition,
  base: Base | undefined,
  identify: IdentifyPlan | undefined,
  problems: Problems,
): ViewKeyPlan {
  if (view.key?.kind === 'function') return { kind: 'function', code: view.key.code };
  if (view.key?.kind === 'fields') {
    checkDeclaredKey(view, view.key.fields, identify, problems);
    return { kind: 'fields', fields: Object.entries(view.key.fields).map(([field, key]) => ({ field, key })) };
  }
  if (view.source.kind !== 'aggregation' || base === undefined || identify?.kind !== 'fields') return { kind: 'identifier' };
  const { mapping } = view.source.aggregation.root;
  const copied = new Map<string, string>();
  if (mapping.kind === 'object') {
    for (const { name, value } of mapping.fields) {
      if (value.kind === 'reference' && value.dependency === base.name && value.path.length === 1 && !copied.has(value.path[0] as string))
        copied.set(value.path[0] as string, name);
    }
  }
  const fields = identify.fields.map(({ key, field }) => ({ field: copied.get(field), key }));
  if (fields.length === 0 || !fields.every(hasField)) return { kind: 'identifier' };
  return { kind: 'fields', fields };
}

/** The fields of a view's key before it is planned, as far as its own files tell: the order in which other views join it. */
export function viewKeyFields(view: ViewDefinition, facts: ReadonlyMap<string, CollectionFacts>): readonly string[] {
  if (view.key?.kind === 'fields') return Object.keys(view.key.fields);
  if (view.source.kind !== 'aggregation') return [];
  const silent = new Problems();
  const base = findBase(view.source.aggregation.root, silent);
  if (base === undefined) return [];
  const declared = view.paths?.find((path) => path.identifier.kind === 'fields')?.identifier;
  const identify: IdentifyPlan =
    declared?.kind === 'fields'
      ? { kind: 'fields', fields: Object.entries(declared.fields).map(([key, field]) => ({ key, field })) }
      : deriveIdentify(view, base, facts.get(base.body.collection));
  const key = deriveKey(view, base, identify, silent);
  return key.kind === 'fields' ? key.fields.map(({ field }) => field) : [];
}

function hasField(entry: { field: string | undefined; key: string }): entry is { field: string; key: string } {
  return entry.field !== undefined;
}

function checkDeclaredKey(
  view: ViewDefinition,
  fields: Readonly<Record<string, string>>,
  identify: IdentifyPlan | undefined,
  problems: Problems,
): void {
  if (view.key === undefined || identify?.kind !== 'fields') return;
  const keys = identify.fields.map(({ key }) => key);
  for (const [field, key] of Object.entries(fields)) {
    if (keys.includes(key)) continue;
    problems.error(
      'UNKNOWN_IDENTIFIER_KEY',
      below(view.key.place, 'config', field),
      `The single view key takes ${field} from ${key}, which identifiers of ${view.name} do not have`,
      {
        expected: `one of ${keys.join(', ')}`,
        name: key,
        among: keys,
      },
    );
  }
}
