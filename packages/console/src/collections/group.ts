import type { CollectionOverview } from '@millrace/client';

export interface Group {
  readonly title: string;
  readonly hint: string;
  readonly collections: readonly CollectionOverview[];
}

/** The single views first, for they are what people come for; then the projections of each system. */
export function groupCollections(collections: readonly CollectionOverview[], search: string): Group[] {
  const wanted = search.trim().toLowerCase();
  const found = collections.filter(({ name, system }) => `${name} ${system ?? ''}`.toLowerCase().includes(wanted));
  const systems = [...new Set(found.filter(({ kind }) => kind === 'projection').map(({ system }) => system ?? ''))];
  const groups: Group[] = [
    { title: 'Single views', hint: 'One document per business entity', collections: found.filter(({ kind }) => kind === 'view') },
    ...systems.map((system) => ({
      title: system,
      hint: 'Projections of this system of record',
      collections: found.filter((collection) => collection.kind === 'projection' && (collection.system ?? '') === system),
    })),
  ];
  return groups.filter((group) => group.collections.length > 0);
}
