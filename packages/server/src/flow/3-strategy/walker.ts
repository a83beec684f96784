import { canonical, identifierText } from '../../core/key.ts';
import type { LogPosition } from '../../core/log-record.ts';
import { changedFields } from '../../core/record-delta.ts';
import type { RecordDelta } from '../../core/record-delta.ts';
import type { StoredRecord } from '../../core/record.ts';
import { isNil } from '../../core/value.ts';
import type { Document } from '../../core/value.ts';
import { followHop } from '../../plan/follow-hop.ts';
import type { Hop, IdentifyPlan, ViewPlan, WalkNode } from '../../plan/plan.ts';
import type { StoreReader } from '../../store/store.ts';

/** What a walk found for one view. */
export interface Walked {
  /** By canonical text: the identifiers of the documents to rebuild, with the newest log record behind each. */
  readonly identifiers: ReadonlyMap<string, Identified>;
  /** Documents of join dependencies whose elements in the view's arrays may differ now, by the dependency's number. */
  readonly elements: ReadonlyMap<number, ReadonlySet<string>>;
  /** Base documents whose identifiers the user's own function gives. */
  readonly forFunction: readonly {
    readonly identify: Extract<IdentifyPlan, { kind: 'function' }>;
    readonly records: readonly StoredRecord[];
    readonly cause: LogPosition | null;
  }[];
}

export interface Identified {
  readonly identifier: Document;
  readonly cause: LogPosition | null;
}

/** A document that stands at a node, with the log record that led there. */
interface Standing {
  readonly record: StoredRecord;
  readonly cause: LogPosition | null;
}

/**
 * Changed documents → identifiers of the views that show them, or showed them before.
 *
 * Every changed document is followed towards the base from its image before and from its image after, by one look-up per hop for the
 * whole batch. Hops read the state after the batch: of two documents joined to each other that both changed, the one nearer to the base
 * starts a walk of its own, so both the old and the new owner are reached.
 */
export async function walk(view: ViewPlan, deltas: readonly RecordDelta[], reader: StoreReader): Promise<Walked> {
  const arrived = new Map<WalkNode, Map<string, Standing>>();
  const { nodes, starts } = view.walks;
  const byCollection = new Map<string, RecordDelta[]>();
  for (const delta of deltas) {
    if (starts !== undefined && !starts.has(delta.collection)) continue;
    const list = byCollection.get(delta.collection);
    if (list === undefined) byCollection.set(delta.collection, [delta]);
    else list.push(delta);
  }
  const identifiers = new Map<string, Identified>();
  const elements = new Map<number, Set<string>>();
  const forFunction: { identify: Extract<IdentifyPlan, { kind: 'function' }>; records: StoredRecord[]; cause: LogPosition | null }[] = [];
  for (const node of nodes) {
    const standing = [...(arrived.get(node)?.values() ?? []), ...startingAt(node, byCollection.get(node.collection) ?? [])];
    if (standing.length === 0) continue;
    if (node.joinDependency !== undefined) addElements(elements, node.joinDependency, standing);
    if (node.identify?.kind === 'fields') identifyAll(node.identify, standing, identifiers);
    else if (node.identify !== undefined)
      for (const { record, cause } of standing) forFunction.push({ identify: node.identify, records: [record], cause });
    for (const { hop, node: next } of node.up) await hopTo(next, hop, standing, arrived, reader);
  }
  return { identifiers, elements, forFunction };
}

function addElements(elements: Map<number, Set<string>>, dependency: number, standing: readonly Standing[]): void {
  let ids = elements.get(dependency);
  if (ids === undefined) elements.set(dependency, (ids = new Set()));
  for (const { record } of standing) ids.add(record.id);
}

/** The changed documents of a node's collection that can matter there: their images before and after. */
function startingAt(node: WalkNode, deltas: readonly RecordDelta[]): Standing[] {
  const images: Standing[] = [];
  const counts = (record: StoredRecord): boolean => node.startsInAnyState === true || node.states.includes(record.state);
  for (const delta of deltas) {
    const before = delta.before !== null && counts(delta.before) ? delta.before : null;
    const after = delta.after !== null && counts(delta.after) ? delta.after : null;
    if ((before === null && after === null) || !matters(node, delta)) continue;
    if (after !== null) images.push({ record: after, cause: delta.position });
    if (before !== null) images.push({ record: before, cause: delta.position });
  }
  return images;
}

function matters(node: WalkNode, delta: RecordDelta): boolean {
  if (node.fields === undefined) return true;
  const changed = changedFields(delta);
  if (changed === undefined) return true;
  for (const field of changed) if (node.fields.has(field)) return true;
  return false;
}

async function hopTo(
  next: WalkNode,
  hop: Hop,
  known: readonly Standing[],
  arrived: Map<WalkNode, Map<string, Standing>>,
  reader: StoreReader,
): Promise<void> {
  const found = await followHop(
    reader,
    hop,
    known.map(({ record }) => record.document),
    // A function of the user's is shown all of a document.
    { states: next.states, documentsOnly: next.identify?.kind !== 'function' },
  );
  let target = arrived.get(next);
  if (target === undefined) arrived.set(next, (target = new Map()));
  for (let i = 0; i < known.length; i++) {
    const cause = known[i]?.cause ?? null;
    for (const record of found[i] ?? []) if (!target.has(record.id)) target.set(record.id, { record, cause });
  }
}

function identifyAll(
  identify: Extract<IdentifyPlan, { kind: 'fields' }>,
  standing: readonly Standing[],
  identifiers: Map<string, Identified>,
): void {
  for (const { record, cause } of standing) {
    const identifier = identifierOf(identify, record.document);
    if (identifier === undefined) continue;
    identifiers.set(identifierText(identifier), { identifier, cause });
  }
}

/** The identifier that a base document gives; undefined where one of its fields is null or absent. */
export function identifierOf(identify: Extract<IdentifyPlan, { kind: 'fields' }>, document: Document): Document | undefined {
  const identifier: Document = {};
  for (const { key, field } of identify.fields) {
    const value = document[field];
    if (isNil(value)) return undefined;
    identifier[key] = value;
  }
  return identify.fields.length === 1 ? identifier : canonical(identifier);
}
