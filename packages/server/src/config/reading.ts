import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve, sep } from 'node:path';

import type { z } from 'zod';

import { messageOf } from '../core/errors.ts';
import type { Place, Problem } from '../core/problem.ts';
import { Folders } from './folders.ts';
import { Report } from './report.ts';
import { shape } from './shape.ts';
import type { ShapeFault } from './shape.ts';
import { parseSource } from './source-file.ts';
import type { SourceFile } from './source-file.ts';

/** A file that was read and checked. `sound` is false when parts of it had to be left out because they are wrong. */
export interface Read<T> {
  readonly file: string;
  readonly data: T;
  readonly sound: boolean;
  readonly place: Place;
}

/** Endings of data files, in the order in which they are looked for. */
const DATA_ENDINGS = ['.json', '.yaml', '.yml'] as const;

/** One reading of a project: where it stands, what was read of it, and everything that is wrong with it. */
export class Reading {
  /** Absolute. */
  readonly folder: string;
  readonly report = new Report();
  readonly folders = new Folders();
  readonly #sources = new Map<string, SourceFile>();
  readonly #texts = new Map<string, string>();
  readonly #leftOut = new Set<string>();
  readonly #leftOutKinds = new Set<string>();

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  /** A path as problems name it: relative to the project's folder, with `/`. */
  name(absolute: string): string {
    return relative(this.folder, absolute).split(sep).join('/') || '.';
  }

  addSource(file: string, source: SourceFile): void {
    this.#sources.set(file, source);
  }

  /** Reads a YAML or JSON file once; what is wrong with it is reported once too. */
  async source(absolute: string, namedAt: Place): Promise<SourceFile | undefined> {
    const file = this.name(absolute);
    const known = this.#sources.get(file);
    if (known !== undefined) return known;
    let text: string;
    try {
      text = await readFile(absolute, 'utf8');
    } catch (error) {
      const isMissing = (await this.folders.kindOf(absolute)) === undefined;
      const message = isMissing ? `File ${file} does not exist` : `File ${file} cannot be read: ${messageOf(error)}`;
      this.report.error('CONFIG_FILE_MISSING', namedAt, message, {
        expected: 'a file',
        ...(await this.#nameAndSiblings(absolute)),
        cure: 'Create the file, or correct the path',
      });
      return undefined;
    }
    const language = extname(absolute) === '.json' ? 'json' : 'yaml';
    const { source, faults } = parseSource(text, language);
    for (const fault of faults) {
      this.report.error('CONFIG_SYNTAX', { file, path: [], ...fault.position }, `${file} is not valid: ${fault.message}`, {
        expected: language === 'json' ? 'JSON, without comments and trailing commas, each key once' : 'YAML, each key once',
      });
    }
    if (source !== undefined) this.#sources.set(file, source);
    return source;
  }

  /** Reads a file and checks its shape. Undefined when nothing of it is usable; all that is wrong has then been reported. */
  async read<S extends z.ZodType>(absolute: string, schema: S, namedAt: Place): Promise<Read<z.output<S>> | undefined> {
    const source = await this.source(absolute, namedAt);
    if (source === undefined) return undefined;
    const file = this.name(absolute);
    const shaped = shape(schema, source.value);
    for (const fault of shaped.faults) this.fault(file, fault);
    if (shaped.data === undefined) return undefined;
    return { file, data: shaped.data, sound: shaped.sound, place: { file, path: [] } };
  }

  fault(file: string, fault: ShapeFault): void {
    const position = this.#sources.get(file)?.position(fault.path, fault.key ? 'key' : undefined);
    const place: Place = { file, path: [...fault.path], ...position };
    this.report.error(fault.code, place, fault.message, { expected: fault.expected, cure: fault.cure });
  }

  /** The one of `<stem>.json`, `<stem>.yaml`, `<stem>.yml` that there is. Two are a clash. */
  async dataFile(folder: string, stem: string): Promise<string | undefined> {
    const found: string[] = [];
    for (const ending of DATA_ENDINGS) {
      const candidate = resolve(folder, stem + ending);
      if (await this.folders.isFile(candidate)) found.push(candidate);
    }
    const [first, second] = found;
    if (first !== undefined && second !== undefined) {
      const message = `${this.name(first)} and ${this.name(second)} both stand for ${stem}`;
      this.report.error('CONFIG_CLASH', { file: this.name(second), path: [] }, message, { cure: 'Remove one of them' });
    }
    return first;
  }

  /** Names in a folder, sorted; undefined, and reported, when there is no such folder. */
  async list(folder: string, namedAt: Place): Promise<string[] | undefined> {
    const names = await this.folders.list(folder);
    if (names !== undefined) return names;
    const message = (await this.folders.isFile(folder)) ? `${this.name(folder)} is a file` : `Folder ${this.name(folder)} does not exist`;
    this.report.error('CONFIG_FILE_MISSING', namedAt, message, {
      expected: 'a folder',
      ...(await this.#nameAndSiblings(folder)),
      cure: 'Create the folder, or correct the path',
    });
    return undefined;
  }

  /** The text of a code file, read once; undefined when it cannot be read. */
  async text(absolute: string): Promise<string | undefined> {
    const known = this.#texts.get(absolute);
    if (known !== undefined) return known;
    try {
      const text = await readFile(absolute, 'utf8');
      this.#texts.set(absolute, text);
      return text;
    } catch {
      return undefined;
    }
  }

  /** Places as messages name them: file, line and column. */
  located(...places: readonly Place[]): string[] {
    return places.map((place) => {
      const position = this.#sources.get(place.file)?.position(place.path);
      return position === undefined ? place.file : `${place.file}:${position.line}:${position.column}`;
    });
  }

  /** Remembers the name of a collection or condition that is so wrong that it is not among the definitions. */
  leaveOut(name: string): void {
    this.#leftOut.add(name);
  }

  /** The same for all names of a kind: problems with this code are then no news. */
  leaveOutAll(code: string): void {
    this.#leftOutKinds.add(code);
  }

  /**
   * Gives problems that name only file and path their line and column. Names that are unknown only because what they name was left out
   * are no news: they are dropped.
   */
  locate(problems: readonly Problem[]): Problem[] {
    const news = problems.filter(
      ({ code, message }) => !this.#leftOutKinds.has(code) && !(code.startsWith('UNKNOWN_') && this.#namesLeftOut(message)),
    );
    return news.map((problem) => {
      if (problem.place.line !== undefined) return problem;
      const position = this.#sources.get(problem.place.file)?.position(problem.place.path);
      return position === undefined ? problem : { ...problem, place: { ...problem.place, ...position } };
    });
  }

  #namesLeftOut(message: string): boolean {
    return this.#leftOut.size > 0 && message.split(/[^\w-]+/).some((word) => this.#leftOut.has(word));
  }

  /** For suggestions: the name that was not found, and what there is in its place. */
  async #nameAndSiblings(absolute: string): Promise<{ name: string; among: string[] }> {
    return { name: basename(absolute), among: (await this.folders.list(dirname(absolute))) ?? [] };
  }
}
