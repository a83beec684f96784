import type { State, StoredRecord } from '../../core/record.ts';
import { orderText, orderTexts, compareValues } from '../../core/value-order.ts';
import type { Document, Value } from '../../core/value.ts';
import { followHop, lookupById } from '../../plan/follow-hop.ts';
import type { AlternativePlan, BlockPlan, DependencyPlan } from '../../plan/plan.ts';
import type { StoreReader } from '../../store/store.ts';
import { Frame } from './frame.ts';
import type { SlotValue } from './frame.ts';
import { mappingFunctions } from './functions.ts';
import type { Functions, MappingFunction } from './functions.ts';
import { Fragment, textOf } from './fragment.ts';
import type { Fragments } from './fragment-cache.ts';
import { compileMapping } from './mapping.ts';
import { isSelfContained } from './self-contained.ts';
import type { Mapping, MappingOptions } from './mapping.ts';
import { compileWhen } from './when.ts';
import type { When } from './when.ts';

export interface BlockOptions extends MappingOptions {
  /** A block whose first dependency is missing gives null instead of an object of nulls. */
  readonly emptyIsNull: boolean;
  /** Told of every look-up for one document that found several. */
  readonly onSeveralFound?: (() => void) | undefined;
  /** Where texts of elements are kept, by number of the join dependency; undefined: nowhere. */
  readonly fragmentsOf: ((dependency: number) => Fragments) | undefined;
}

/** What a dependency found for one document that was known: for who asks what a view is made of. */
export interface Finding {
  readonly dependency: DependencyPlan;
  readonly alternative: AlternativePlan;
  /** The known document; undefined for the base, which the identifier names. */
  readonly from: StoredRecord | undefined;
  readonly records: readonly StoredRecord[];
}

export interface Build {
  readonly trace?: ((finding: Finding) => void) | undefined;
  readonly reader: StoreReader;
  /** For what lies within an element whose text is kept: read when the element changed, and seldom again. */
  readonly readerWithin: StoreReader;
  readonly functions: Functions;
  /** Functions of the user's are shown the documents, metadata and all. */
  readonly showsMetadata: boolean;
  /** By root. */
  readonly identifiers: readonly Document[];
}

type Step =
  | { readonly kind: 'find'; readonly slot: number; readonly dependency: DependencyPlan; readonly whens: readonly (When | undefined)[] }
  | { readonly kind: 'block'; readonly slot: number; readonly block: BlockBuilder };

/** Builds a block for many parents at once: one look-up per dependency, however many frames there are. */
export class BlockBuilder {
  readonly #plan: BlockPlan;
  readonly #steps: readonly Step[];
  readonly #mapping: Mapping;
  readonly #functions: readonly MappingFunction[];
  readonly #options: BlockOptions;
  /** Of this block's elements; those of the blocks in it are parts of them. */
  readonly #fragments: Fragments | undefined;

  constructor(plan: BlockPlan, options: BlockOptions) {
    this.#plan = plan;
    const [first] = plan.steps;
    const { fragmentsOf } = options;
    this.#fragments = first?.kind === 'find' && isSelfContained(plan) ? fragmentsOf?.(first.dependency.id) : undefined;
    const inner = this.#fragments === undefined ? options : { ...options, fragmentsOf: undefined };
    this.#options = options;
    this.#mapping = compileMapping(plan.mapping, options);
    this.#functions = mappingFunctions(plan.mapping);
    this.#steps = plan.steps.map((step): Step => {
      if (step.kind === 'block') return { kind: 'block', slot: step.slot, block: new BlockBuilder(step.block, inner) };
      const whens = step.dependency.alternatives.map(({ when }) => (when === undefined ? undefined : compileWhen(when, options.tagged)));
      return { kind: 'find', slot: step.slot, dependency: step.dependency, whens };
    });
  }

  /** The result for each parent: a list where the block is repeated for a join, else one value. */
  async build(parents: readonly Frame[], build: Build): Promise<Value[]> {
    if (this.#fragments !== undefined) return this.#buildElements(parents, build, this.#fragments);
    const { frames, owners } = await this.#resolve(
      parents.map((parent) => this.#frameIn(parent)),
      build,
    );
    if (this.#functions.length > 0) await build.functions.callMappings(this.#functions, frames);
    if (this.#plan.join === undefined) return frames.map((frame) => this.#map(frame, build));
    const lists: Value[][] = parents.map(() => []);
    for (let i = 0; i < frames.length; i++) (lists[owners[i] as number] as Value[]).push(this.#map(frames[i] as Frame, build));
    return lists;
  }

  /** The same for a block whose elements are kept: only those that are not known are made. */
  async #buildElements(parents: readonly Frame[], build: Build, fragments: Fragments): Promise<Value[]> {
    const [join, ...rest] = this.#steps;
    if (join?.kind !== 'find') return [];
    const found = await this.#find(
      join,
      parents.map((parent) => this.#frameIn(parent)),
      build,
    );
    const texts = new Map<string, string>();
    const unknown = new Map<string, Frame>();
    for (const [i, records] of found.entries()) {
      for (const record of records) {
        if (texts.has(record.id) || unknown.has(record.id)) continue;
        const text = fragments.get(record.id);
        if (text !== undefined) texts.set(record.id, text);
        else unknown.set(record.id, this.#frameOf(parents[i] as Frame, join.slot, record));
      }
    }
    await this.#resolve([...unknown.values()], { ...build, reader: build.readerWithin }, rest);
    for (const [id, frame] of unknown) {
      const text = textOf(this.#map(frame, build));
      texts.set(id, text);
      fragments.set(id, text);
    }
    return found.map((records) => Fragment.of(`[${records.map(({ id }) => texts.get(id) as string).join(',')}]`));
  }

  #frameIn(parent: Frame): Frame {
    return new Frame(parent, parent.root, Array.from<SlotValue>({ length: this.#plan.slots }));
  }

  #frameOf(parent: Frame, slot: number, record: StoredRecord): Frame {
    const frame = this.#frameIn(parent);
    frame.slots[slot] = record;
    return frame;
  }

  /** The frames of a root block, one per identifier, with their base resolved first: for those who need to know whether there is one. */
  async buildRoots(build: Build): Promise<{ readonly values: readonly Value[]; readonly found: readonly boolean[] }> {
    const roots = build.identifiers.map((_, root) => new Frame(undefined, root, []));
    const { frames } = await this.#resolve(
      roots.map((parent) => this.#frameIn(parent)),
      build,
    );
    const base = this.#plan.steps.find(
      (step) => step.kind === 'find' && step.dependency.alternatives.some(({ find }) => find.kind === 'identifier'),
    );
    const found = frames.map((frame) => base !== undefined && frame.slots[base.slot] !== undefined);
    const present = frames.filter((_, i) => found[i]);
    if (this.#functions.length > 0) await build.functions.callMappings(this.#functions, present);
    return { values: frames.map((frame, i) => (found[i] === true ? this.#map(frame, build) : null)), found };
  }

  #map(frame: Frame, build: Build): Value {
    const { first, join } = this.#plan;
    // An element of an array is there because its document is.
    const canBeEmpty = this.#options.emptyIsNull && join === undefined && first !== undefined && frame.parent?.parent !== undefined;
    if (canBeEmpty && frame.slots[first] === undefined) return null;
    return this.#mapping(frame, build.functions) ?? null;
  }

  /** Fills the slots. The join dependency multiplies the frames; `owners` says which parent each then belongs to. */
  async #resolve(
    start: readonly Frame[],
    build: Build,
    steps = this.#steps,
  ): Promise<{ frames: readonly Frame[]; owners: readonly number[] }> {
    let frames = start;
    let owners: readonly number[] = start.map((_, i) => i);
    for (const step of steps) {
      if (step.kind === 'block') {
        const results = await step.block.build(frames, build);
        for (let i = 0; i < frames.length; i++) (frames[i] as Frame).slots[step.slot] = results[i];
        continue;
      }
      const found = await this.#find(step, frames, build);
      if (!step.dependency.many) {
        for (let i = 0; i < frames.length; i++) {
          const records = found[i];
          (frames[i] as Frame).slots[step.slot] = records?.[0];
          if (records !== undefined && records.length > 1) this.#options.onSeveralFound?.();
        }
        continue;
      }
      const expanded: Frame[] = [];
      const expandedOwners: number[] = [];
      for (let i = 0; i < frames.length; i++) {
        const frame = frames[i] as Frame;
        for (const record of found[i] ?? []) {
          const slots = frame.slots.slice();
          slots[step.slot] = record;
          expanded.push(new Frame(frame.parent, frame.root, slots));
          expandedOwners.push(owners[i] as number);
        }
      }
      frames = expanded;
      owners = expandedOwners;
    }
    return { frames, owners };
  }

  /** The documents of a dependency for each frame, in the order of the primary key. */
  async #find(
    step: Extract<Step, { kind: 'find' }>,
    frames: readonly Frame[],
    build: Build,
  ): Promise<readonly (readonly StoredRecord[])[]> {
    const { alternatives } = step.dependency;
    const only = alternatives[0];
    if (alternatives.length === 1 && only !== undefined && only.when === undefined) return findAll(step.dependency, only, frames, build);
    const results: (readonly StoredRecord[])[] = frames.map(() => []);
    const groups = alternatives.map((): number[] => []);
    frames.forEach((frame, i) => {
      const chosen = step.whens.findIndex((when) => when === undefined || when(frame, build.functions));
      groups[chosen]?.push(i);
    });
    for (const [a, group] of groups.entries()) {
      if (group.length === 0) continue;
      const found = await findAll(
        step.dependency,
        alternatives[a] as AlternativePlan,
        group.map((i) => frames[i] as Frame),
        build,
      );
      group.forEach((i, place) => (results[i] = found[place] ?? []));
    }
    return results;
  }
}

async function findAll(
  dependency: DependencyPlan,
  alternative: AlternativePlan,
  frames: readonly Frame[],
  build: Build,
): Promise<readonly (readonly StoredRecord[])[]> {
  const found = await (alternative.find.kind === 'identifier'
    ? findBase(alternative, frames, build)
    : findJoined(alternative, alternative.find, frames, build));
  if (build.trace !== undefined) {
    const { find } = alternative;
    for (const [i, records] of found.entries()) {
      const from = find.kind === 'identifier' ? undefined : (frames[i]?.at(find.from) as StoredRecord | undefined);
      if (find.kind === 'identifier' || from !== undefined) build.trace({ dependency, alternative, from, records });
    }
  }
  return found;
}

async function findJoined(
  alternative: AlternativePlan,
  find: Extract<AlternativePlan['find'], { kind: 'hop' }>,
  frames: readonly Frame[],
  build: Build,
): Promise<readonly (readonly StoredRecord[])[]> {
  const held = frames.map((frame) => frame.at(find.from) as StoredRecord | undefined);
  const known = held.filter((record) => record !== undefined);
  const found = await followHop(
    build.reader,
    find.hop,
    known.map((record) => record.document),
    { states: alternative.states, documentsOnly: !build.showsMetadata },
  );
  let next = 0;
  return held.map((record) => (record === undefined ? [] : inOrder(found[next++] ?? [], alternative.key)));
}

async function findBase(
  alternative: AlternativePlan,
  frames: readonly Frame[],
  build: Build,
): Promise<readonly (readonly StoredRecord[])[]> {
  const { find, collection, states, key } = alternative;
  if (find.kind !== 'identifier') return [];
  const fields = find.fields.map(({ field }) => field);
  const tuples = new Map<string, readonly Value[]>();
  const texts = frames.map((frame) => {
    const identifier = build.identifiers[frame.root] ?? {};
    const tuple = find.fields.map(({ operand }) => (operand.kind === 'identifier' ? (identifier[operand.key] ?? null) : operand.value));
    if (tuple.includes(null)) return undefined;
    const text = tuple.length === 1 ? orderText(tuple[0]) : orderTexts(tuple);
    tuples.set(text, tuple);
    return text;
  });
  const found = find.byId
    ? await lookupById(build.reader, collection, fields, tuples, { states, documentsOnly: !build.showsMetadata })
    : await lookup(build.reader, collection, fields, tuples, states);
  return texts.map((text) => (text === undefined ? [] : inOrder(found.get(text) ?? [], key)));
}

async function lookup(
  reader: StoreReader,
  collection: string,
  fields: readonly string[],
  tuples: ReadonlyMap<string, readonly Value[]>,
  states: readonly State[],
): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
  return tuples.size === 0 ? new Map() : reader.lookup(collection, [...tuples.values()], { fields, states });
}

/** By primary key, in the one order of values: arrays and "the first of several" are the same on every store. */
function inOrder(records: readonly StoredRecord[], key: readonly string[]): readonly StoredRecord[] {
  if (records.length < 2) return records;
  const compare = (a: StoredRecord, b: StoredRecord): number => {
    for (const field of key) {
      const order = compareValues(a.document[field], b.document[field]);
      if (order !== 0) return order;
    }
    return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  };
  // Rows of one parent mostly come as they were inserted, which is in order.
  for (let i = 1; i < records.length; i++) {
    if (compare(records[i - 1] as StoredRecord, records[i] as StoredRecord) > 0) return [...records].sort(compare);
  }
  return records;
}
