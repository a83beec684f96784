import type { Definitions } from '../../core/definitions.ts';
import { AppError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';

export interface Part {
  readonly kind: 'system' | 'view';
  readonly name: string;
}

/** The systems and views that a command names. Throws WRONG_USAGE, UNKNOWN_COLLECTION. */
export function chosenParts(
  { systems, views }: Pick<Definitions, 'systems' | 'views'>,
  name: string | undefined,
  isAll: boolean,
): readonly Part[] {
  if ((name === undefined) !== isAll)
    throw new AppError('WRONG_USAGE', 'Expected the name of a system or a single view, or --all, and not both');
  const all: readonly Part[] = [
    ...systems.map((system): Part => ({ kind: 'system', name: system.name })),
    ...views.map((view): Part => ({ kind: 'view', name: view.name })),
  ];
  if (name === undefined) return all;
  const chosen = all.filter((part) => part.name === name);
  if (chosen.length > 0) return chosen;
  const names = all.map((part) => part.name);
  const meant = suggest(name, names);
  const hint = meant === undefined ? `expected one of ${names.join(', ')}` : `did you mean "${meant}"`;
  throw new AppError('UNKNOWN_COLLECTION', `"${name}" is neither a system nor a single view of this project, ${hint}`);
}
