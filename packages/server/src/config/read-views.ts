import { relative, resolve } from 'node:path';

import type { CodeReference } from '../core/code-reference.ts';
import type { Place } from '../core/problem.ts';
import type { SystemDefinition } from '../core/projection.ts';
import { suggest } from '../core/suggest.ts';
import type { ViewDefinition, ViewSource } from '../core/view.ts';
import { codeFile, optionalCodeFile } from './code-file.ts';
import { readAggregation } from './read-aggregation.ts';
import { readPaths, readStrategies, readViewKey } from './read-view-files.ts';
import type { Strategies } from './read-view-files.ts';
import type { Reading } from './reading.ts';
import { below } from './report.ts';
import type { ViewOptions } from './shapes/project.ts';
import { viewOptionsOf } from './shapes/project.ts';
import type { UpdatesTopics } from './updates-topics.ts';

const UPDATES_FILE = 'kafkaProjectionUpdates';

export interface ViewsContext {
  readonly systems: readonly SystemDefinition[];
  /** From the file for all views. */
  readonly strategies: Strategies | undefined;
  readonly topics: UpdatesTopics;
}

/** The single views of a project. A view that has no usable source is left out; why has been reported. */
export async function readViews(
  reading: Reading,
  views: Readonly<Record<string, string | ViewOptions>>,
  context: ViewsContext,
  place: Place,
): Promise<ViewDefinition[]> {
  const definitions: ViewDefinition[] = [];
  for (const [name, options] of Object.entries(views)) {
    const view = await readView(reading, name, options, context, below(place, name));
    if (view === undefined) reading.leaveOut(name);
    else definitions.push(view);
  }
  return definitions;
}

/** Folders where a projection's strategies are looked for after those of the file that names them. */
export function strategyFolders(systems: readonly SystemDefinition[]): (projection: string) => readonly string[] {
  const folders = new Map<string, string>();
  for (const system of systems) {
    if (system.strategiesFolder === undefined) continue;
    for (const projection of system.projections) folders.set(projection.name, system.strategiesFolder);
  }
  const all = [...new Set(folders.values())];
  // A strategy of a view over views belongs to no system: any folder may have it.
  return (projection) => [...new Set([...(folders.get(projection) === undefined ? [] : [folders.get(projection) ?? '']), ...all])];
}

async function readView(
  reading: Reading,
  name: string,
  given: string | ViewOptions,
  context: ViewsContext,
  place: Place,
): Promise<ViewDefinition | undefined> {
  const options = typeof given === 'string' ? viewOptionsOf(given) : given;
  const folder = resolve(reading.folder, options.folder);
  const names = await reading.list(folder, typeof given === 'string' ? place : below(place, 'folder'));
  if (names === undefined) return undefined;
  const source = await readSource(reading, name, folder, names, place);
  const key = await readViewKey(reading, folder);
  const paths = await readPaths(reading, folder, name);
  const updates = await reading.dataFile(folder, UPDATES_FILE);
  const own =
    updates === undefined
      ? undefined
      : await readStrategies(reading, updates, { folders: strategyFolders(context.systems), topics: context.topics }, place);
  const upsert = await readWriter(reading, name, 'upsert', options.upsertStrategy, folder, place);
  const remove = await readWriter(reading, name, 'delete', options.deleteStrategy, folder, place);
  const validator = await optionalCodeFile(reading, folder, 'validator');
  if (source === undefined) return undefined;
  return {
    name,
    source,
    key,
    paths,
    strategies:
      own === undefined && context.strategies === undefined ? undefined : new Map([...(context.strategies ?? []), ...(own ?? [])]),
    validator,
    onInvalid: options.onInvalid,
    upsertStrategy: typeof upsert === 'object' ? { kind: 'function', code: upsert } : { kind: upsert === 'update' ? 'update' : 'replace' },
    deleteStrategy:
      typeof remove === 'object' ? { kind: 'function', code: remove } : { kind: remove === 'virtualDelete' ? 'virtualDelete' : 'delete' },
    maxProcessingMs: options.maxProcessingMs,
    retry: options.retry,
    dependsOn: options.dependsOn,
    place,
  };
}

async function readSource(
  reading: Reading,
  name: string,
  folder: string,
  names: readonly string[],
  place: Place,
): Promise<ViewSource | undefined> {
  const aggregation = await reading.dataFile(folder, 'aggregation');
  const pipeline = await optionalCodeFile(reading, folder, 'pipeline');
  const mapper = await optionalCodeFile(reading, folder, 'mapper');
  if (aggregation !== undefined) {
    if (pipeline !== undefined) {
      const message = `The single view ${name} has both ${reading.name(aggregation)} and ${reading.name(pipeline.file)}`;
      reading.report.error('CONFIG_CLASH', { file: reading.name(pipeline.file), path: [] }, message, {
        expected: 'aggregation.json, or pipeline.js with mapper.js',
        cure: 'Remove the one that is not meant',
      });
    }
    const read = await readAggregation(reading, aggregation, [folder]);
    return read === undefined ? undefined : { kind: 'aggregation', aggregation: read };
  }
  if (pipeline !== undefined && mapper !== undefined) return { kind: 'manual', pipeline, mapper };
  const lone = pipeline ?? mapper;
  const missing = pipeline === undefined ? 'pipeline.js' : 'mapper.js';
  const near = names.find((file) => suggest(file, ['aggregation.json', 'aggregation.yaml', 'pipeline.js', 'mapper.js']) !== undefined);
  const message =
    lone === undefined
      ? `The folder ${reading.name(folder)} of the single view ${name} holds no aggregation.json`
      : `The single view ${name} has ${relative(folder, lone.file)}, but no ${missing}`;
  reading.report.error('CONFIG_FILE_MISSING', place, message, {
    expected: lone === undefined ? 'aggregation.json, or pipeline.js with mapper.js' : missing,
    cure: near !== undefined && lone === undefined ? `Rename ${near}` : `Create ${lone === undefined ? 'aggregation.json' : missing}`,
  });
  return undefined;
}

/** The named strategy, or the file of the folder, or undefined for the default. */
async function readWriter(
  reading: Reading,
  view: string,
  stem: 'upsert' | 'delete',
  strategy: string | undefined,
  folder: string,
  place: Place,
): Promise<CodeReference | string | undefined> {
  const found = await optionalCodeFile(reading, folder, stem);
  if (strategy === undefined) return found;
  const at = below(place, `${stem}Strategy`);
  const named = /\.[mc]?[jt]s$/.test(strategy) ? await codeFile(reading, strategy, [reading.folder, folder], at) : undefined;
  if (found !== undefined && found.file !== named?.file) {
    const message = `The single view ${view} has ${stem}Strategy: ${strategy}, so that ${reading.name(found.file)} does nothing`;
    reading.report.warn('CONFIG_NO_EFFECT', at, message, { cure: `Remove ${stem}Strategy, or the file` });
  }
  return named ?? strategy;
}
