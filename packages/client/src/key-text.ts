/** Keys of documents: the bare value of a key of one field, or an object of its fields. */
export type Key = string | number | bigint | boolean | Date | { readonly [field: string]: string | number | bigint | boolean | Date };

/** The text of `_id` that a key makes: the value's own text, or `a=1&b=x`, percent-encoded, sorted by field. */
export function keyText(key: Key): string {
  if (typeof key !== 'object' || key instanceof Date) return valueText(key);
  const fields = Object.keys(key);
  const [only] = fields;
  if (only !== undefined && fields.length === 1) return valueText(key[only] as Exclude<Key, object>);
  return fields
    .sort()
    .map((field) => `${encodeURIComponent(field)}=${encodeURIComponent(valueText(key[field] as Exclude<Key, object>))}`)
    .join('&');
}

function valueText(value: string | number | bigint | boolean | Date): string {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value).toString();
  return String(value);
}
