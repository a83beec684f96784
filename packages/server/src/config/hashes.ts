import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';

import type { CodeReference } from '../core/code-reference.ts';
import type { Definitions } from '../core/definitions.ts';
import { CODE_ENDINGS } from './shapes/common.ts';
import { codeReferences } from './code-references.ts';
import type { Reading } from './reading.ts';

/**
 * One hash per definition, to notice what changed since the last start: `projection/<name>`, `view/<name>`,
 * `relation/<source>/<target>/<name>`. It covers what is defined, not how it is written: comments, order of keys and places do not count.
 * Files of functions count with their contents, and with those of the project's own files that they import.
 */
export async function hashDefinitions(reading: Reading, definitions: Definitions): Promise<ReadonlyMap<string, string>> {
  const code = new Map<string, string>();
  for (const { code: reference } of codeReferences(definitions)) {
    if (!code.has(reference.file)) code.set(reference.file, await hashCode(reading, reference.file));
  }
  const hash = (value: unknown): string => digest(canonicalText(value, code));
  const hashes = new Map<string, string>();
  for (const system of definitions.systems) {
    const { format, counter, unavailableValue, deletedField } = system;
    for (const projection of system.projections) {
      hashes.set(`projection/${projection.name}`, hash({ projection, format, counter, unavailableValue, deletedField }));
    }
  }
  for (const relation of definitions.relations) {
    hashes.set(`relation/${relation.source}/${relation.target}/${relation.name}`, hash(relation));
  }
  for (const definition of definitions.views) {
    // Patience changes no document.
    const { retry: _retry, maxProcessingMs: _maxProcessingMs, ...view } = definition;
    hashes.set(`view/${view.name}`, hash({ view, compatibility: definitions.compatibility }));
  }
  return hashes;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function hashCode(reading: Reading, file: string): Promise<string> {
  const contents: string[] = [];
  const seen = new Set<string>();
  const queue = [file];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const text = await reading.text(next);
    if (text === undefined) continue;
    contents.push(text);
    for (const [, , specifier = ''] of text.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g)) {
      const path = resolve(dirname(next), specifier);
      for (const candidate of [path, ...CODE_ENDINGS.map((ending) => path + ending), `${path}/index.js`, `${path}.json`]) {
        if ((await reading.text(candidate)) === undefined) continue;
        queue.push(candidate);
        break;
      }
    }
  }
  return digest(JSON.stringify(contents));
}

/** JSON with sorted keys, without places; files of code are replaced by the hash of what they contain. */
function canonicalText(value: unknown, code: ReadonlyMap<string, string>): string {
  return JSON.stringify(plain(value, code));
}

function plain(value: unknown, code: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'bigint') return { $long: value.toString() };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => plain(item, code));
  if (value instanceof Map) return [...value].map(([key, item]: [unknown, unknown]) => [key, plain(item, code)]).toSorted(byText);
  if (isCode(value) && code.has(value.file)) return { code: code.get(value.file), export: value.export };
  const entries = Object.entries(value).filter(([key, item]) => key !== 'place' && item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item, code)]).toSorted(byText));
}

function byText(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}

function isCode(value: object): value is CodeReference {
  return typeof (value as Partial<CodeReference>).file === 'string';
}
