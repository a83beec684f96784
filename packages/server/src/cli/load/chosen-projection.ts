import { AppError } from '../../core/errors.ts';
import type { ProjectionDefinition } from '../../core/projection.ts';
import { suggest } from '../../core/suggest.ts';
import type { OpenedProject } from '../project.ts';

/** The projection of a system that a command names. Throws UNKNOWN_COLLECTION. */
export function chosenProjection(
  { definitions }: OpenedProject,
  wanted: { readonly system: string; readonly projection: string },
): ProjectionDefinition {
  const { systems } = definitions;
  const system = systems.find(({ name }) => name === wanted.system);
  if (system === undefined)
    throw unknown(
      'system',
      wanted.system,
      systems.map(({ name }) => name),
      'this project',
    );
  const { projections } = system;
  const projection = projections.find(({ name }) => name === wanted.projection);
  if (projection === undefined)
    throw unknown(
      'projection',
      wanted.projection,
      projections.map(({ name }) => name),
      `system ${system.name}`,
    );
  return projection;
}

function unknown(what: string, name: string, names: readonly string[], of: string): AppError {
  const meant = suggest(name, names);
  const hint = meant === undefined ? `expected one of ${names.join(', ')}` : `did you mean "${meant}"`;
  return new AppError('UNKNOWN_COLLECTION', `"${name}" is no ${what} of ${of}, ${hint}`);
}
