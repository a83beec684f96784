import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, YAMLError } from 'yaml';

import { messageOf } from '../core/errors.ts';

/** A place in the text of a file; line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A configuration file that was read: its value, and where each part of it stands. */
export interface SourceFile {
  readonly value: unknown;
  /**
   * Where the part at `path` stands, or the nearest part above it that exists. `key` asks for its key; otherwise a text or number gives
   * its own place, and a map or list that of the key it stands under. Undefined for configuration that is a program.
   */
  position(path: readonly (string | number)[], end?: 'key'): Position | undefined;
}

export interface SyntaxFault {
  readonly message: string;
  readonly position: Position | undefined;
}

/** Reads YAML or JSON. What can be read is given even beside faults; `value` is undefined when nothing can. */
export function parseSource(text: string, language: 'yaml' | 'json'): { source: SourceFile | undefined; faults: SyntaxFault[] } {
  const clean = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const lines = new LineCounter();
  const document = parseDocument(clean, { lineCounter: lines, prettyErrors: false, strict: true });
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const fault = (error: YAMLError): SyntaxFault => ({ message: error.message, position: positionAt(error.pos[0]) });
  const position: SourceFile['position'] = (path, end) => {
    const offset = offsetOf(document, path, end);
    return offset === undefined ? undefined : positionAt(offset);
  };

  if (language === 'json') {
    const parsed = parseJson(clean, positionAt);
    if ('fault' in parsed) return { source: undefined, faults: [parsed.fault] };
    // YAML reads JSON too, and notices keys that stand twice, which JSON.parse silently drops.
    const faults = document.errors.filter((error) => error.code === 'DUPLICATE_KEY').map(fault);
    return { source: { value: parsed.value, position }, faults };
  }
  const faults = document.errors.filter((error) => error.code === 'DUPLICATE_KEY').map(fault);
  // One mistake makes the parser stumble several times; the first place is the one to look at.
  const first = document.errors.find((error) => error.code !== 'DUPLICATE_KEY');
  if (first !== undefined) return { source: undefined, faults: [...faults, fault(first)] };
  try {
    const value = document.toJS({ maxAliasCount: 1000 }) as unknown;
    if (isCircular(value)) return { source: undefined, faults: [...faults, { message: 'An alias contains itself', position: undefined }] };
    return { source: { value, position }, faults };
  } catch (error) {
    // Aliases that refer to nothing, or that would unfold without end.
    return {
      source: undefined,
      faults: [...faults, { message: error instanceof Error ? error.message : String(error), position: undefined }],
    };
  }
}

/** Configuration that was computed by a program has values, but no places. */
export function sourceOfValue(value: unknown): SourceFile {
  return { value, position: () => undefined };
}

function isCircular(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return false;
  } catch {
    return true;
  }
}

function parseJson(text: string, positionAt: (offset: number) => Position): { value: unknown } | { fault: SyntaxFault } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const message = messageOf(error);
    const offset = /at position (\d+)/.exec(message)?.[1];
    const where = offset === undefined ? text.length : Number(offset);
    return { fault: { message: message.replace(/ in JSON at position \d+.*$/s, ''), position: positionAt(where) } };
  }
}

function offsetOf(document: Document, path: readonly (string | number)[], end: 'key' | undefined): number | undefined {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  let keyOffset = offset;
  for (const [index, segment] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) as Node | null;
    let next: Node | null | undefined;
    if (isMap(node)) {
      const pair = node.items.find((item) => keyText(item.key) === String(segment));
      if (pair === undefined) return index === 0 ? offset : keyOffset;
      keyOffset = (pair.key as Node | null)?.range?.[0] ?? keyOffset;
      next = pair.value as Node | null;
    } else if (isSeq(node)) {
      next = node.items[Number(segment)] as Node | null | undefined;
      if (next === undefined) return keyOffset;
      keyOffset = next?.range?.[0] ?? keyOffset;
    } else {
      return keyOffset;
    }
    node = next ?? null;
    offset = isScalar(node) ? (node.range?.[0] ?? keyOffset) : keyOffset;
  }
  return end === 'key' ? keyOffset : offset;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}
