import { StoredRecord } from '../../core/record.ts';
import type { Document, Value } from '../../core/value.ts';
import type { SlotReference } from '../../plan/plan.ts';

/** A document that a dependency found, or the result of a block; undefined where there is none. */
export type SlotValue = StoredRecord | Value | undefined;

/** One run of a block: a value for each of its dependencies. The frames of the blocks around it are reached through `parent`. */
export class Frame {
  readonly parent: Frame | undefined;
  /** Which of the views under construction it belongs to. */
  readonly root: number;
  readonly slots: SlotValue[];

  constructor(parent: Frame | undefined, root: number, slots: SlotValue[]) {
    this.parent = parent;
    this.root = root;
    this.slots = slots;
  }

  at(reference: SlotReference): SlotValue {
    if (reference.up === 0) return this.slots[reference.slot];
    let frame: Frame | undefined = this.parent;
    for (let up = reference.up; up > 1; up--) frame = frame?.parent;
    return frame?.slots[reference.slot];
  }
}

/** A field of what stands in a slot. Metadata that documents carry at rest can be read like fields: `_id` and `__STATE__`. */
export function readSlot(value: SlotValue, path: readonly string[]): Value | undefined {
  if (value === undefined) return undefined;
  let current: Value | undefined;
  let from = 0;
  if (value instanceof StoredRecord) {
    const field = path[0];
    if (field === undefined) return value.document;
    current = value.document[field];
    from = 1;
    if (current === undefined) {
      if (field === '_id') current = value.id;
      else if (field === '__STATE__') current = value.state;
    }
  } else current = value;
  for (let i = from; i < path.length; i++) {
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return undefined;
    current = (current as Document)[path[i] as string];
  }
  return current;
}
