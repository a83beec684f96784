import { resolve } from 'node:path';

import type { Definitions } from '../core/definitions.ts';
import type { Compatibility } from '../core/projection.ts';
import type { Place, Problem } from '../core/problem.ts';
import { checkTopics } from './check-topics.ts';
import { hashDefinitions } from './hashes.ts';
import { normalize } from './normalize.ts';
import { overrideOf, overridesOf, withOverrides } from './overrides.ts';
import type { Override, Overrides } from './overrides.ts';
import type { ProjectConfig } from './config.ts';
import { readProjectFile } from './project-file.ts';
import { readCasts } from './read-casts.ts';
import { readRelations } from './read-relations.ts';
import { readSystems } from './read-systems.ts';
import { readStrategies } from './read-view-files.ts';
import { readViews, strategyFolders } from './read-views.ts';
import { Reading } from './reading.ts';
import { below } from './report.ts';
import { shape } from './shape.ts';
import type { ShapeFault } from './shape.ts';
import { projectShape } from './shapes/project.ts';
import { UpdatesTopics } from './updates-topics.ts';
import type { ProjectOptions } from './shapes/project.ts';

export interface LoadOptions {
  /** The folder that holds `millrace.yaml`. */
  readonly folder: string;
  readonly overrides?: Overrides | undefined;
  /** Default: none, so that only the caller decides what of its environment counts. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface LoadedProject {
  /** Null when there is no project file, or nothing of it is usable. */
  readonly config: ProjectConfig | null;
  /**
   * What could be read, also beside errors, so that it can be checked further: parts that are wrong are left out. Not to be run unless
   * `problems` has no error. Null together with `config`.
   */
  readonly definitions: Definitions | null;
  /** Everything that is wrong, by file and place. */
  readonly problems: Problem[];
  /** Hash of each definition, by `projection/<name>`, `view/<name>` and `relation/<source>/<target>/<name>`. */
  readonly hashes: ReadonlyMap<string, string>;
  /**
   * Gives problems of later checks, which name file and path, their line and column. Drops those that only say that a name is unknown
   * which this reading has left out.
   */
  readonly locate: (problems: readonly Problem[]) => Problem[];
}

/** Reads a project: its settings and all that it defines. Never throws for what stands in its files. */
export async function loadProject(options: LoadOptions): Promise<LoadedProject> {
  const reading = new Reading(options.folder);
  const env = options.env ?? {};
  const locate = (problems: readonly Problem[]): Problem[] => reading.locate(problems);
  const nothing = (): LoadedProject => ({
    config: null,
    definitions: null,
    problems: sorted(locate(reading.report.problems)),
    hashes: new Map(),
    locate,
  });

  const project = await readProjectFile(reading);
  if (project === undefined) return nothing();
  const overrides = overridesOf(options.overrides ?? {}, env);
  const shaped = shape(projectShape, withOverrides(project.source.value, overrides));
  for (const fault of shaped.faults) reportFault(reading, project.file, fault, overrides);
  if (shaped.data === undefined) return nothing();

  leaveOutPruned(reading, project.source.value, shaped.data);
  const config = await normalize(reading, project.file, shaped.data, { env, overrides });
  const definitions = await readDefinitions(reading, shaped.data, { file: reading.name(project.file), path: ['modules', 'fastData'] });
  checkTopics(reading, config, definitions);
  const hashes = await hashDefinitions(reading, definitions);
  return { config, definitions, problems: sorted(locate(reading.report.problems)), hashes, locate };
}

async function readDefinitions(reading: Reading, options: ProjectOptions, place: Place): Promise<Definitions> {
  const { fastData } = options.modules;
  const casts = await readCasts(reading, fastData.castFunctions, below(place, 'castFunctions'));
  const systems = await readSystems(reading, fastData.systems, casts, below(place, 'systems'));
  const relations = await readRelations(reading, fastData.erSchema, below(place, 'erSchema'));
  const { kafkaProjectionUpdates: updates } = fastData;
  const namedAt = below(place, 'kafkaProjectionUpdates');
  const topics = new UpdatesTopics(reading);
  const folders = strategyFolders(systems);
  const strategies =
    updates === undefined ? undefined : await readStrategies(reading, resolve(reading.folder, updates), { folders, topics }, namedAt);
  const views = await readViews(reading, fastData.singleViews, { systems, strategies, topics }, below(place, 'singleViews'));
  const { missingFields, emptyObject, uncastable } = fastData.compatibility;
  const compatibility: Compatibility = {
    missingFields: missingFields ?? 'null',
    emptyObject: emptyObject ?? 'null',
    uncastable: uncastable ?? 'null',
  };
  const definitions = { systems, relations, views, compatibility, updatesTopics: topics.all };
  checkCollections(reading, definitions);
  return definitions;
}

/** Projections and single views are collections of one namespace. */
function checkCollections(reading: Reading, definitions: Definitions): void {
  const owners = new Map<string, Place>();
  const collections = [
    ...definitions.systems.flatMap((system) => system.projections.map(({ name, place }) => ({ name, place }))),
    ...definitions.views.map(({ name, place }) => ({ name, place })),
  ];
  for (const { name, place } of collections) {
    const owner = owners.get(name);
    if (owner === undefined) {
      owners.set(name, place);
      continue;
    }
    const [here, there] = reading.located(place, owner);
    reading.report.error('CONFIG_CLASH', place, `The collection ${name} is defined at ${there} and again at ${here}`, {
      expected: 'names of projections and single views that are all different',
      cure: 'Rename one of them',
    });
  }
}

/** Names of views and of projections that stand in the project file, and were too wrong to be read further. */
function leaveOutPruned(reading: Reading, raw: unknown, options: ProjectOptions): void {
  const names = (value: unknown): string[] => (typeof value === 'object' && value !== null ? Object.keys(value) : []);
  const child = (value: unknown, key: string): unknown =>
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
  const { systems, singleViews } = options.modules.fastData;
  const given = child(child(raw, 'modules'), 'fastData');
  for (const view of names(child(given, 'singleViews'))) if (!Object.hasOwn(singleViews, view)) reading.leaveOut(view);
  for (const [name, system] of Object.entries(child(given, 'systems') ?? {})) {
    const read = systems[name]?.projections;
    for (const projection of names(child(system, 'projections'))) {
      if (typeof read !== 'object' || !Object.hasOwn(read, projection)) reading.leaveOut(projection);
    }
  }
}

/** A fault in a setting that was overridden is not the file's. */
function reportFault(reading: Reading, file: string, fault: ShapeFault, overrides: readonly Override[]): void {
  const source = overrideOf(fault.path, overrides);
  if (source === undefined) {
    reading.fault(reading.name(file), fault);
    return;
  }
  reading.report.error(fault.code, source.place, fault.message, { expected: fault.expected, cure: fault.cure });
}

function sorted(problems: Problem[]): Problem[] {
  return problems.toSorted(
    (a, b) =>
      (a.place.file < b.place.file ? -1 : a.place.file > b.place.file ? 1 : 0) ||
      (a.place.line ?? 0) - (b.place.line ?? 0) ||
      (a.place.column ?? 0) - (b.place.column ?? 0),
  );
}
