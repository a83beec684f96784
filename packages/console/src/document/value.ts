/** Values of documents as the console shows them. They come from `@millrace/client`, which says what becomes what. */
export type ValueKind = 'text' | 'number' | 'boolean' | 'null' | 'date' | 'binary' | 'list' | 'object';

export type Path = readonly (string | number)[];

export function kindOf(value: unknown): ValueKind {
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
    case 'bigint':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      if (value === null || value === undefined) return 'null';
      if (value instanceof Date) return 'date';
      if (value instanceof Uint8Array) return 'binary';
      return Array.isArray(value) ? 'list' : 'object';
  }
}

/** What a value says in one line, whatever it is. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return dateText(value);
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return value.length === 0 ? '[ ]' : `[ ${value.length} ]`;
  if (typeof value !== 'object') return String(value as string | number | bigint | boolean);
  const children = Object.entries(value);
  if (children.length === 0) return '{ }';
  return children
    .map(([, child]) => (typeof child === 'object' && child !== null && !(child instanceof Date) ? '…' : textOf(child)))
    .join(', ');
}

/** Lists and objects have children; every other value is a leaf. */
export function childrenOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item] as const);
  return kindOf(value) === 'object' ? Object.entries(value as object) : [];
}

/** `orders[2].dish.name`; names that would be read wrongly stand in quotes. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** What the clipboard gets: text as it is, all else as JSON. */
export function copyText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  return JSON.stringify(value, exactly, 2);
}

/** The same for equal values, and for those only. */
export function signature(value: unknown): string {
  return JSON.stringify(value, exactly) ?? '';
}

/** JSON has no large integers and no bytes. */
function exactly(this: unknown, _name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? btoa(String.fromCharCode(...value)) : value;
}

/** In UTC, as the document has it; the time only where there is one. */
function dateText(date: Date): string {
  const [day = '', time = ''] = date.toISOString().split('T');
  return time === '00:00:00.000Z' ? day : `${day} ${time.replace(/(?:\.000)?Z$/, '')}`;
}
