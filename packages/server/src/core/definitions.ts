import type { Compatibility, ProjectionDefinition, SystemDefinition } from './projection.ts';
import type { RelationDefinition } from './relation.ts';
import type { ViewDefinition } from './view.ts';

/** Everything that a project defines, read and right in shape. What follows from it is derived in `plan/`. */
export interface Definitions {
  readonly systems: readonly SystemDefinition[];
  readonly relations: readonly RelationDefinition[];
  readonly views: readonly ViewDefinition[];
  readonly compatibility: Compatibility;
  /** Topics of updates that the project names itself, by collection. */
  readonly updatesTopics?: ReadonlyMap<string, string> | undefined;
}

export function projectionsOf(definitions: Definitions): ProjectionDefinition[] {
  return definitions.systems.flatMap((system) => system.projections);
}
