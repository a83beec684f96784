import { AppError } from '../../core/errors.ts';
import { METADATA_FIELDS } from '../../core/metadata.ts';
import { STATES } from '../../core/record.ts';
import type { State } from '../../core/record.ts';
import { isDocument, isNil } from '../../core/value.ts';
import type { Document, Value } from '../../core/value.ts';

/** A replacement document, or `$set`, `$unset`, `$setOnInsert` and `$inc` on a copy, as MongoDB does. */
export function applyUpdate(document: Document, update: Document, inserting: boolean): Document {
  const operators = Object.keys(update).filter((key) => key.startsWith('$'));
  if (operators.length === 0) return update;
  const next = structuredCopy(document);
  for (const operator of operators) {
    const fields = update[operator];
    if (!isDocument(fields)) throw new AppError('UNSUPPORTED_OPERATION', `Update operator ${operator} takes an object of fields`);
    for (const [path, value] of Object.entries(fields)) apply(next, operator, path.split('.'), value ?? null, inserting);
  }
  return next;
}

function apply(document: Document, operator: string, path: readonly string[], value: Value, inserting: boolean): void {
  const parent = parentOf(document, path);
  const field = path.at(-1) as string;
  switch (operator) {
    case '$set':
      parent[field] = value;
      return;
    case '$setOnInsert':
      if (inserting) parent[field] = value;
      return;
    case '$unset':
      delete parent[field];
      return;
    case '$inc': {
      const current = parent[field];
      if (typeof value !== 'number' || (!isNil(current) && typeof current !== 'number'))
        throw new AppError('UNSUPPORTED_OPERATION', `$inc of ${path.join('.')} takes numbers`);
      parent[field] = (current ?? 0) + value;
      return;
    }
    default:
      throw new AppError(
        'UNSUPPORTED_OPERATION',
        `Update operator ${operator} is not supported: use $set, $setOnInsert, $unset, $inc or a whole document`,
      );
  }
}

function parentOf(document: Document, path: readonly string[]): Document {
  let parent = document;
  for (const field of path.slice(0, -1)) {
    const child = parent[field];
    if (!isDocument(child)) parent = parent[field] = {} as Document;
    else parent = child;
  }
  return parent;
}

function structuredCopy(document: Document): Document {
  const copy: Document = {};
  for (const [field, value] of Object.entries(document)) copy[field] = isDocument(value) ? structuredCopy(value) : value;
  return copy;
}

/** A document as user code writes it, without what is ours: its fields, and the state that it asks for. */
export function splitMetadata(document: Document): { readonly fields: Document; readonly state: State | undefined } {
  const fields: Document = {};
  for (const [field, value] of Object.entries(document)) if (!METADATA_FIELDS.has(field) || field === 'timestamp') fields[field] = value;
  return { fields, state: STATES.find((state) => state === document['__STATE__']) };
}
