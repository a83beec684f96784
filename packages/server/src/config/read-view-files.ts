import { dirname } from 'node:path';

import type { Place } from '../core/problem.ts';
import type { PathDefinition, StrategyReference, ViewDefinition, ViewKeyDefinition } from '../core/view.ts';
import { codeFile, optionalCodeFile } from './code-file.ts';
import { readToken } from './constant.ts';
import type { Reading } from './reading.ts';
import type { UpdatesTopics } from './updates-topics.ts';
import { below, show } from './report.ts';
import { projectionChangesShape, projectionUpdatesShape, viewKeyShape } from './shapes/view-files.ts';
import type { PathOptions } from './shapes/view-files.ts';

/** `singleViewKey.json` or `singleViewKey.js`: one of them, or none, and then the key is derived. */
export async function readViewKey(reading: Reading, folder: string): Promise<ViewKeyDefinition | undefined> {
  const data = await reading.dataFile(folder, 'singleViewKey');
  const code = await optionalCodeFile(reading, folder, 'singleViewKey');
  if (data !== undefined && code !== undefined) {
    const message = `${reading.name(data)} and ${reading.name(code.file)} both define the single view key`;
    reading.report.error('CONFIG_CLASH', { file: reading.name(code.file), path: [] }, message, {
      expected: 'one of them',
      cure: 'Remove one of them',
    });
  }
  if (data !== undefined) {
    const read = await reading.read(data, viewKeyShape, { file: reading.name(data), path: [] });
    if (read === undefined) return undefined;
    const place = below(read.place, 'config');
    if (Object.keys(read.data.config).length > 0) return { kind: 'fields', fields: read.data.config, place };
    if (reading.report.has(place)) return undefined;
    reading.report.warn('CONFIG_NO_EFFECT', place, `${read.file} names no field, so that the key is derived`, { cure: 'Remove the file' });
    return undefined;
  }
  return code === undefined ? undefined : { kind: 'function', code, place: { file: reading.name(code.file), path: [] } };
}

/** The paths that `projectionChangesSchema.json` declares for a view; undefined when there are none, and then they are derived. */
export async function readPaths(reading: Reading, folder: string, view: string): Promise<PathDefinition[] | undefined> {
  const file = await reading.dataFile(folder, 'projectionChangesSchema');
  if (file === undefined) return undefined;
  const read = await reading.read(file, projectionChangesShape, { file: reading.name(file), path: [] });
  if (read === undefined) return undefined;
  const place = below(read.place, 'config');
  const own = Object.hasOwn(read.data.config, view) ? read.data.config[view] : undefined;
  if (own === undefined) {
    const others = Object.keys(read.data.config);
    // The file that the originals generate is empty; it is there, and says nothing.
    if (others.length > 0) {
      reading.report.warn('CONFIG_NO_EFFECT', place, `${read.file} declares paths for ${others.join(', ')}, but none for ${view}`, {
        expected: `config.${view}.paths`,
        cure: `Name the entry ${view}`,
      });
    }
    return undefined;
  }
  const paths: PathDefinition[] = [];
  for (const [index, options] of own.paths.entries()) {
    const path = await readPath(reading, options, folder, below(place, view, 'paths', index));
    if (path !== undefined) paths.push(path);
  }
  return paths.length === 0 ? undefined : paths;
}

async function readPath(reading: Reading, options: PathOptions, folder: string, place: Place): Promise<PathDefinition | undefined> {
  const { path, identifier } = options;
  if (typeof identifier !== 'string') {
    if (Object.keys(identifier).length > 0) return { path, identifier: { kind: 'fields', fields: identifier }, place };
    reading.report.error('CONFIG_VALUE', below(place, 'identifier'), 'The identifier has no keys', {
      expected: '{ "key of the identifier": "field of the base projection" }',
    });
    return undefined;
  }
  const token = readToken(identifier);
  if (token.kind === 'function') {
    const code = await codeFile(reading, token.name, [folder], below(place, 'identifier'));
    return code === undefined ? undefined : { path, identifier: { kind: 'function', code }, place };
  }
  reading.report.error('CONFIG_VALUE', below(place, 'identifier'), `${show(identifier)} cannot be an identifier`, {
    expected: '__fromFile__[function], or { "key of the identifier": "field of the base projection" }',
  });
  return undefined;
}

export type Strategies = NonNullable<ViewDefinition['strategies']>;

export interface StrategiesContext {
  /** Searched after the file's own folder. */
  readonly folders: (projection: string) => readonly string[];
  readonly topics: UpdatesTopics;
}

/** The strategies of `kafkaProjectionUpdates.json`, by projection. */
export async function readStrategies(
  reading: Reading,
  file: string,
  { folders, topics }: StrategiesContext,
  namedAt: Place,
): Promise<Strategies> {
  const strategies = new Map<string, { readonly strategy: StrategyReference; readonly place: Place }>();
  const read = await reading.read(file, projectionUpdatesShape, namedAt);
  for (const [projection, options] of Object.entries(read?.data ?? {})) {
    // The editors' `$schema`.
    if (typeof options !== 'object') continue;
    const place: Place = { file: reading.name(file), path: [projection] };
    if (options.updatesTopic !== undefined) topics.name(projection, options.updatesTopic, below(place, 'updatesTopic'));
    const strategy = await readStrategy(
      reading,
      options.strategy ?? '__automatic__',
      [dirname(file), ...folders(projection)],
      below(place, 'strategy'),
    );
    if (strategy !== undefined) strategies.set(projection, { strategy, place });
  }
  return strategies;
}

async function readStrategy(
  reading: Reading,
  text: string,
  folders: readonly string[],
  place: Place,
): Promise<StrategyReference | undefined> {
  if (text === '__automatic__') return { kind: 'automatic' };
  const token = readToken(text);
  if (token.kind === 'function') {
    const code = await codeFile(reading, token.name, folders, place);
    return code === undefined ? undefined : { kind: 'function', code };
  }
  reading.report.error('CONFIG_VALUE', place, `The strategy ${show(text)} is unknown`, {
    expected: '__automatic__ or __fromFile__[strategy]',
    name: text,
    among: ['__automatic__'],
  });
  return undefined;
}
