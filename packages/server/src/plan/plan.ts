/**
 * What follows from a project's definitions: derived once, at start, so that nobody writes it by hand and no stage decides it per row.
 *
 * A *dependency* is a place in an aggregation where documents of one collection are found. A *hop* finds, from known documents, the
 * documents of another collection that a relation joins to them. Aggregation hops from the base to the leaves; a *walk* hops back, from
 * a changed document to the base documents whose views show it.
 */
import type { CodeReference } from '../core/code-reference.ts';
import type { FieldType } from '../core/projection.ts';
import type { Condition } from '../core/relation.ts';
import type { State } from '../core/record.ts';
import type { Value } from '../core/value.ts';
import type { ViewDefinition, WhenDefinition } from '../core/view.ts';

export interface Plan {
  readonly collections: ReadonlyMap<string, CollectionPlan>;
  /** A view stands after the views that it reads. */
  readonly views: readonly ViewPlan[];
}

export interface CollectionPlan {
  readonly name: string;
  readonly kind: 'projection' | 'view' | 'foreign';
  /** Top-level fields; the type where it is known. */
  readonly fields: ReadonlyMap<string, FieldType | undefined>;
  /** False where functions may add fields: then an unknown field is no error. */
  readonly closed: boolean;
  /** Fields of the primary key, or of the single view key. */
  readonly key: readonly string[];
  /** Needed by hops and base look-ups. */
  readonly indexes: readonly IndexPlan[];
}

export interface IndexPlan {
  /** Dotted paths, sorted. */
  readonly fields: readonly string[];
  readonly multi: boolean;
}

/** A relation, in the direction in which it is walked. */
export interface Hop {
  /** Names of the relations it walks: one, or all those between two collections. */
  readonly relations: readonly string[];
  readonly from: string;
  readonly to: string;
  /** Its result is the union of its branches. */
  readonly branches: readonly HopBranch[];
}

/** One conjunction of a hop's condition, ready to be looked up for many known documents at once. */
export interface HopBranch {
  /** `forward`: the known document is the relation's source. */
  readonly direction: 'forward' | 'backward';
  /** What must be equal: fields of the wanted documents (sorted by path) and where their values come from. Empty: no equality to look up. */
  readonly keys: readonly HopKey[];
  /** The wanted fields are the primary key: found by `_id`, no index needed. */
  readonly byId: boolean;
  /** The conjunction itself, to check each pair found; undefined where the keys say it all. */
  readonly residual: Condition | undefined;
}

export interface HopKey {
  readonly wanted: readonly string[];
  readonly value:
    | {
        readonly kind: 'known';
        readonly path: readonly string[];
        /** The value itself · each element of it (`$in`) · all that the path reaches, arrays and their elements (backward). */ readonly take:
          | 'value'
          | 'elements'
          | 'reached';
      }
    | { readonly kind: 'constants'; readonly values: readonly Value[] };
}

// --- aggregation -----------------------------------------------------------------------------------------------------------------

/** A block of the aggregation, with names resolved to slots. A frame of the block holds one value per slot. */
export interface BlockPlan {
  readonly name: string;
  readonly slots: number;
  /** In the order of resolution. */
  readonly steps: readonly StepPlan[];
  /** Slot of the join dependency: the block is repeated for each of its documents. */
  readonly join: number | undefined;
  /** Slot of the first dependency found: when it is missing, the whole block may be empty. */
  readonly first: number | undefined;
  readonly mapping: MappingPlan;
}

export type StepPlan =
  | { readonly kind: 'find'; readonly slot: number; readonly name: string; readonly dependency: DependencyPlan }
  | { readonly kind: 'block'; readonly slot: number; readonly name: string; readonly block: BlockPlan };

/** A slot of this frame (`up: 0`) or of an enclosing one. */
export interface SlotReference {
  readonly up: number;
  readonly slot: number;
}

export interface DependencyPlan {
  /** Number within the view, for walks and explanations. */
  readonly id: number;
  readonly name: string;
  /** Of the block it stands in. */
  readonly block: string;
  /** The first whose `when` holds; a plain dependency has one alternative without `when`. */
  readonly alternatives: readonly AlternativePlan[];
  readonly many: boolean;
}

export interface AlternativePlan {
  readonly when: WhenPlan | undefined;
  readonly collection: string;
  readonly states: readonly State[];
  /** Primary key of the collection: the order of arrays, and the first of several. */
  readonly key: readonly string[];
  readonly find:
    | { readonly kind: 'identifier'; readonly fields: readonly IdentifierField[]; readonly byId: boolean }
    /** `back` is the same relation walked the other way: from a changed document towards the base. */
    | {
        readonly kind: 'hop';
        readonly hop: Hop;
        readonly back: Hop;
        readonly from: SlotReference;
        readonly fromDependency: DependencyPlan;
      };
}

/** A field of the base collection and the identifier's key (or constant) that it must equal. */
export interface IdentifierField {
  readonly field: string;
  readonly operand: { readonly kind: 'identifier'; readonly key: string } | { readonly kind: 'constant'; readonly value: Value };
}

export type OperandPlan =
  | { readonly kind: 'reference'; readonly slot: SlotReference; readonly path: readonly string[] }
  | { readonly kind: 'constant'; readonly value: Value }
  | { readonly kind: 'function'; readonly code: CodeReference };

export interface WhenPlan {
  readonly operator: WhenDefinition['operator'];
  readonly left: OperandPlan;
  readonly right: OperandPlan;
}

export type MappingPlan =
  | { readonly kind: 'object'; readonly fields: readonly { readonly name: string; readonly value: MappingPlan }[] }
  | { readonly kind: 'reference'; readonly slot: SlotReference; readonly path: readonly string[] }
  | { readonly kind: 'constant'; readonly value: Value }
  /** `index` numbers the functions of the block; `visible` is what its dependenciesMap holds. */
  | {
      readonly kind: 'function';
      readonly code: CodeReference;
      readonly index: number;
      readonly visible: readonly { readonly name: string; readonly slot: SlotReference }[];
    }
  | {
      readonly kind: 'select';
      readonly options: readonly { readonly when: WhenPlan; readonly value: MappingPlan }[];
      readonly otherwise: MappingPlan | undefined;
    };

// --- strategies ------------------------------------------------------------------------------------------------------------------

/** A place that a changed document may stand in, and the way from there to the base. */
export interface WalkNode {
  readonly id: number;
  readonly collection: string;
  /** Name of the dependency, or of the collection on a declared path. */
  readonly name: string;
  /** A document in another state is not there. */
  readonly states: readonly State[];
  /** A changed document counts in any state: nobody knows which ones the user's functions look at. */
  readonly startsInAnyState?: boolean | undefined;
  /** Top-level fields whose change can change the view from here; undefined: any. */
  readonly fields: ReadonlySet<string> | undefined;
  /** Hops to nodes that are nearer to the base. None: this is the base. */
  readonly up: readonly { readonly hop: Hop; readonly node: WalkNode }[];
  /** Of a join dependency on a derived way: its number. Each of its documents is an element of an array in the view. */
  readonly joinDependency?: number | undefined;
  /** Of the base: how its documents give identifiers. */
  readonly identify: IdentifyPlan | undefined;
}

export type IdentifyPlan =
  | { readonly kind: 'fields'; readonly fields: readonly { readonly key: string; readonly field: string }[] }
  | { readonly kind: 'function'; readonly code: CodeReference };

export interface WalkPlan {
  /** A node stands before every node that it hops to. */
  readonly nodes: readonly WalkNode[];
  /** Collections whose changes are walked; undefined: all. */
  readonly starts: ReadonlySet<string> | undefined;
  /** Collections whose changes the user's own function turns into identifiers, instead of a walk. */
  readonly custom: ReadonlyMap<string, CodeReference>;
  /** Collections from which a way ends where the user's own function gives the identifiers. */
  readonly functionEnded: ReadonlySet<string>;
  /** Collections that functions read unseen (`dependsOn`): a change of one rebuilds the whole view. */
  readonly whole: ReadonlySet<string>;
}

// --- views -----------------------------------------------------------------------------------------------------------------------

export interface ViewPlan {
  readonly name: string;
  readonly definition: ViewDefinition;
  /** The base projection; undefined for a manual view without declared paths. */
  readonly base: { readonly collection: string; readonly states: readonly State[] } | undefined;
  /** Undefined for a manual view. */
  readonly root: BlockPlan | undefined;
  readonly identify: IdentifyPlan | undefined;
  readonly key: ViewKeyPlan;
  readonly walks: WalkPlan;
  /** Collections read by the view's aggregation or declared in `dependsOn`. */
  readonly reads: ReadonlySet<string>;
  /** The user's functions take part: built outside transactions. */
  readonly needsCode: boolean;
}

/** `fields`: field of the view ← key of the identifier. `identifier`: the document's id is the identifier's. */
export type ViewKeyPlan =
  | { readonly kind: 'fields'; readonly fields: readonly { readonly field: string; readonly key: string }[] }
  | { readonly kind: 'identifier' }
  | { readonly kind: 'function'; readonly code: CodeReference };
