import type { BlockDefinition, DependencyDefinition } from '../core/view.ts';
import type { DependencyPlan } from './plan.ts';

type Found =
  | { readonly kind: 'found'; readonly name: string; readonly up: number; readonly ambiguous: readonly string[] }
  | { readonly kind: 'alias' }
  | { readonly kind: 'none' };

/** The names that can be seen in a block: its own dependencies, and those of the blocks around it. */
export class Scope {
  readonly definition: BlockDefinition;
  readonly parent: Scope | undefined;
  readonly resolved = new Map<string, DependencyPlan>();
  /** Dependencies that were resolved, or tried, and the one that is being resolved. */
  readonly passed = new Set<string>();
  current = '';
  readonly #slots: ReadonlyMap<string, number>;

  constructor(definition: BlockDefinition, parent: Scope | undefined) {
    this.definition = definition;
    this.parent = parent;
    this.#slots = new Map(definition.dependencies.map((dependency, slot) => [dependency.name, slot]));
  }

  slotOf(name: string): number {
    return this.#slots.get(name) ?? -1;
  }

  definitionOf(name: string): DependencyDefinition | undefined {
    return this.definition.dependencies[this.slotOf(name)];
  }

  ancestor(up: number): Scope {
    return up === 0 || this.parent === undefined ? this : this.parent.ancestor(up - 1);
  }

  resolvedAt(up: number, name: string): DependencyPlan | undefined {
    return this.ancestor(up).resolved.get(name);
  }

  find(name: string, up = 0): { readonly up: number; readonly definition: DependencyDefinition } | undefined {
    const definition = this.definitionOf(name);
    return definition === undefined ? this.parent?.find(name, up + 1) : { up, definition };
  }

  visibleNames(): string[] {
    return [...this.definition.dependencies.map((dependency) => dependency.name), ...(this.parent?.visibleNames() ?? [])];
  }

  /**
   * The dependency that a dependency on a condition starts from: one that reads the known collection. Nearest first: declared before it
   * in its own block, then in the blocks around it, then declared after it.
   */
  findSource(dependent: string, collection: string, useAlias: string | undefined): Found {
    if (useAlias !== undefined) {
      const found = this.find(useAlias);
      return found !== undefined && reads(found.definition, collection)
        ? { kind: 'found', name: useAlias, up: found.up, ambiguous: [] }
        : { kind: 'alias' };
    }
    const order = this.definition.dependencyOrder ?? this.definition.dependencies.map((dependency) => dependency.name);
    const place = order.indexOf(dependent);
    const own = order.filter((name) => name !== dependent && readsByName(this, name, collection));
    const before = own.filter((name) => order.indexOf(name) < place);
    if (before.length > 0) return { kind: 'found', name: before[0] as string, up: 0, ambiguous: before.slice(1) };
    const around = this.parent?.nearest(collection, 1);
    if (around !== undefined) return around;
    return own.length > 0 ? { kind: 'found', name: own[0] as string, up: 0, ambiguous: own.slice(1) } : { kind: 'none' };
  }

  nearest(collection: string, up: number): Found | undefined {
    const names = this.definition.dependencies.filter((dependency) => reads(dependency, collection)).map((dependency) => dependency.name);
    return names.length > 0
      ? { kind: 'found', name: names[0] as string, up, ambiguous: names.slice(1) }
      : this.parent?.nearest(collection, up + 1);
  }
}

function readsByName(scope: Scope, name: string, collection: string): boolean {
  const definition = scope.definitionOf(name);
  return definition !== undefined && reads(definition, collection);
}

function reads(dependency: DependencyDefinition, collection: string): boolean {
  if (dependency.kind === 'config') return false;
  if (dependency.kind === 'projection') return dependency.body.collection === collection;
  return dependency.options.some((option) => option.body.collection === collection) || dependency.otherwise?.collection === collection;
}
