import type { UserCode } from '../../code/code.ts';
import { kindOfRecord } from '../../core/metadata.ts';
import type { Compatibility } from '../../core/projection.ts';
import type { StoredRecord } from '../../core/record.ts';
import type { Document } from '../../core/value.ts';
import type { Finding } from '../../flow/4-aggregate/block-builder.ts';
import { FragmentCache } from '../../flow/4-aggregate/fragment-cache.ts';
import type { Built } from '../../flow/4-aggregate/outcome.ts';
import { ViewBuilder } from '../../flow/4-aggregate/view-builder.ts';
import type { ViewPlan } from '../../plan/plan.ts';
import type { StoreReader } from '../../store/store.ts';
import type { LineageNode } from './lineage.ts';
import { positionOf } from './stored-state.ts';

/** Of the elements that one document has. */
const FRAGMENT_BYTES = 64 * 1024 * 1024;

interface Traced {
  readonly built: Built;
  readonly sources: readonly LineageNode[];
}

/** Builds a document as the engine would now, without writing it, and notes what was found by the way. */
export async function traceView(
  view: ViewPlan,
  identifier: Document,
  parts: { readonly reader: StoreReader; readonly code: UserCode | null; readonly compatibility: Compatibility },
): Promise<Traced> {
  const { reader, code, compatibility } = parts;
  const builder = new ViewBuilder(view, { compatibility, code, fragments: new FragmentCache(FRAGMENT_BYTES) });
  const findings: Finding[] = [];
  const trigger = { view: view.name, identifier, lane: 'interactive', cause: null } as const;
  const built = await builder.trace(trigger, withMetadata(reader), (finding) => findings.push(finding));
  return { built, sources: treeOf(findings) };
}

/** Builders ask for documents alone; here their positions are wanted, too. */
function withMetadata(reader: StoreReader): StoreReader {
  return {
    records: (collection, ids) => reader.records(collection, ids),
    lookup: (collection, tuples, options) => reader.lookup(collection, tuples, { ...options, documentsOnly: false }),
    find: (collection, query) => reader.find(collection, query),
    iterate: (collection, query) => reader.iterate(collection, query),
    count: (collection, query) => reader.count(collection, query),
  };
}

interface Found {
  readonly finding: Finding;
  readonly record: StoredRecord;
}

/** The findings as a tree, from the base on. A block that is repeated finds the same again: it is shown once. */
function treeOf(findings: readonly Finding[]): LineageNode[] {
  const below = new Map<string, Map<string, Found>>();
  for (const finding of findings) {
    const { find } = finding.alternative;
    const parent = find.kind === 'identifier' ? '' : placeOf(find.fromDependency.id, finding.from?.id ?? '');
    let children = below.get(parent);
    if (children === undefined) below.set(parent, (children = new Map()));
    for (const record of finding.records) children.set(placeOf(finding.dependency.id, record.id), { finding, record });
  }
  const nodesAt = (place: string): LineageNode[] => Array.from(below.get(place) ?? [], ([at, found]) => nodeOf(found, nodesAt(at)));
  return nodesAt('');
}

function placeOf(dependency: number, id: string): string {
  return `${dependency}/${id}`;
}

function nodeOf({ finding, record }: Found, children: readonly LineageNode[]): LineageNode {
  const { dependency, alternative } = finding;
  return {
    dependency: dependency.name,
    collection: alternative.collection,
    id: record.id,
    state: record.state,
    relations: alternative.find.kind === 'hop' ? alternative.find.hop.relations : [],
    position: positionOf(record, kindOfRecord(record)),
    children,
  };
}
