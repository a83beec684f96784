/**
 * `next`, with every part of it that equals the same part of `previous` replaced by that part: what did not change keeps its identity,
 * so that it can be told by `===`. `next` is changed in place: it must be the caller's own.
 */
export function share(previous: unknown, next: unknown): unknown {
  if (Object.is(previous, next)) return previous;
  if (typeof previous !== 'object' || typeof next !== 'object' || previous === null || next === null) return next;
  if (Object.getPrototypeOf(previous) !== Object.getPrototypeOf(next)) return next;
  if (Array.isArray(next)) return shareArray(previous as readonly unknown[], next);
  if (next instanceof Date) return next.getTime() === (previous as Date).getTime() ? previous : next;
  if (next instanceof Uint8Array) return sameBytes(previous as Uint8Array, next) ? previous : next;
  return shareObject(previous as Record<string, unknown>, next as Record<string, unknown>);
}

function shareArray(previous: readonly unknown[], next: unknown[]): unknown {
  let same = previous.length === next.length;
  const common = Math.min(previous.length, next.length);
  for (let i = 0; i < common; i++) {
    next[i] = share(previous[i], next[i]);
    if (!Object.is(next[i], previous[i])) same = false;
  }
  return same ? previous : next;
}

function shareObject(previous: Record<string, unknown>, next: Record<string, unknown>): unknown {
  const fields = Object.keys(next);
  let same = fields.length === Object.keys(previous).length;
  for (const field of fields) {
    // A field that is called `__proto__` is left alone: setting it would set the prototype.
    if (field === '__proto__' || !Object.hasOwn(previous, field)) {
      same = false;
      continue;
    }
    const shared = share(previous[field], next[field]);
    if (!Object.is(shared, next[field])) next[field] = shared;
    if (!Object.is(shared, previous[field])) same = false;
  }
  return same ? previous : next;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
