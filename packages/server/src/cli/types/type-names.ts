/** Names that the file itself uses, or that mean something already. */
const TAKEN: readonly string[] = ['Collections', 'Keys', 'Date'];

/** A name for the type of each collection: `sv_customers` → `SvCustomers`; numbered where two would have one name. */
export function typeNames(collections: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const used = new Set(TAKEN);
  for (const collection of collections) {
    const words = collection.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
    const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
    const plain = joined === '' || /^\p{N}/u.test(joined) ? `Collection${joined}` : joined;
    let name = plain;
    for (let number = 2; used.has(name); number++) name = `${plain}${number}`;
    used.add(name);
    names.set(collection, name);
  }
  return names;
}
