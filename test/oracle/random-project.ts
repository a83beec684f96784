import * as fc from 'fast-check';
import type { Definitions } from '../../packages/server/src/core/definitions.ts';
import type { RelationDefinition } from '../../packages/server/src/core/relation.ts';
import type { State } from '../../packages/server/src/core/record.ts';
import type { ViewDefinition } from '../../packages/server/src/core/view.ts';
import { projectBlueprint } from './blueprint.ts';
import type { ProjectBlueprint, ViewBlueprint } from './blueprint.ts';
import { systemsOf, tableOf } from './build-projections.ts';
import type { Column, Table } from './build-projections.ts';
import { relationsOf } from './build-relations.ts';
import type { Endpoint } from './build-relations.ts';
import { identifyingFields, viewOf } from './build-view.ts';
import { showProject } from './show.ts';

export interface RandomProject {
  readonly definitions: Definitions;
  readonly tables: readonly Table[];
}

export const randomProject: fc.Arbitrary<RandomProject> = projectBlueprint.map((blueprint) => {
  const project = buildProject(blueprint);
  return Object.assign(project, { [fc.toStringMethod]: () => showProject(project) });
});

export function buildProject(blueprint: ProjectBlueprint): RandomProject {
  const tables = blueprint.projections.map((projection, i) => tableOf(projection, i, blueprint));
  const bases: Endpoint[] = [];
  const ends: Endpoint[] = [];
  for (const [i, view] of blueprint.views.entries()) {
    const previous = view.base > 9 ? ends[i - 1] : undefined;
    const base = previous !== undefined && previous.key.length > 0 ? previous : (tables[view.base % tables.length] as Table);
    bases.push(base);
    ends.push({ name: `v${i}`, key: identified(view, base), columns: base.columns.filter((column) => ['s', 'n'].includes(column.name)) });
  }
  const relations = blueprint.relations.flatMap((relation, i): RelationDefinition[] => {
    const from = tables[relation.from % tables.length] as Table;
    const targets: readonly Endpoint[] = relation.toView ? ends.filter((end) => end.key.length > 0) : tables;
    const to = targets[relation.to % targets.length];
    return to === undefined ? [] : relationsOf(relation, i, from, to);
  });
  const views = blueprint.views.map((view, i): ViewDefinition => {
    // A view may read the views before it, where its blueprint has no trait that would make their content depend on the past.
    const collections = new Map<string, Endpoint>([...tables, ...ends.slice(0, i)].map((end) => [end.name, end]));
    const virtualDelete = view.virtualDelete && !blueprint.readsDeleted;
    const upsert = view.upsert && blueprint.missingFields === 'null';
    const context = { name: `v${i}`, collections, relations, states: statesOf(blueprint), anyOrder: blueprint.emptyObject === 'leaves' };
    return viewOf({ ...view, virtualDelete, upsert }, bases[i] as Endpoint, context);
  });
  return {
    tables,
    definitions: {
      systems: systemsOf(tables),
      relations,
      views,
      compatibility: { missingFields: blueprint.missingFields, emptyObject: blueprint.emptyObject, uncastable: 'deadLetter' },
    },
  };
}

/** Fields of the view that hold its identifier; none where the mapping leaves them out. */
function identified(view: ViewBlueprint, base: Endpoint): readonly Column[] {
  if (!view.mapsKey) return [];
  return identifyingFields(view, base).map(({ field }) => [...base.key, ...base.columns].find((column) => column.name === field) as Column);
}

function statesOf(blueprint: ProjectBlueprint): readonly (readonly State[])[] {
  const states: (readonly State[])[] = [['PUBLIC'], ['PUBLIC', 'DRAFT'], ['DRAFT']];
  return blueprint.readsDeleted ? [...states, ['PUBLIC', 'DELETED'], ['DELETED']] : states;
}
