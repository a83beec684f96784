import { basename, extname, resolve } from 'node:path';

import type { Place } from '../core/problem.ts';
import type { FormatReference, ProjectionDefinition, SystemDefinition } from '../core/projection.ts';
import { codeFile } from './code-file.ts';
import type { Casts } from './read-fields.ts';
import { readProjection } from './read-projection.ts';
import type { ProjectionContext } from './read-projection.ts';
import type { Reading } from './reading.ts';
import { below } from './report.ts';
import { name as nameShape } from './shapes/common.ts';
import type { SystemOptions } from './shapes/project.ts';
import { projectionShape } from './shapes/projection.ts';

const DATA_FILE = /\.(json|ya?ml)$/;

export async function readSystems(
  reading: Reading,
  systems: Readonly<Record<string, SystemOptions>>,
  casts: Casts,
  place: Place,
): Promise<SystemDefinition[]> {
  const definitions: SystemDefinition[] = [];
  for (const [name, options] of Object.entries(systems)) {
    definitions.push(await readSystem(reading, name, options, casts, below(place, name)));
  }
  checkTopics(reading, definitions);
  return definitions;
}

async function readSystem(reading: Reading, name: string, options: SystemOptions, casts: Casts, place: Place): Promise<SystemDefinition> {
  const format = await readFormat(reading, options.format, below(place, 'format'));
  checkSystem(reading, name, format, options, place);
  const strategiesFolder = options.strategies === undefined ? undefined : resolve(reading.folder, options.strategies);
  if (strategiesFolder !== undefined) await reading.list(strategiesFolder, below(place, 'strategies'));
  return {
    name,
    format,
    counter: options.counter ?? (format === 'golden-gate' || typeof format === 'object' ? 'position' : 'timestamp'),
    unavailableValue: options.unavailableValue,
    deletedField: options.deletedField,
    projections: await readProjections(reading, { system: name, format, options, casts, systemPlace: place }),
    strategiesFolder,
    place,
  };
}

async function readFormat(reading: Reading, format: string, place: Place): Promise<FormatReference> {
  if (format === 'basic' || format === 'db2') return 'db2';
  if (format === 'debezium' || format === 'golden-gate') return format;
  const code = await codeFile(reading, format, [reading.folder], place);
  return { custom: code ?? { file: resolve(reading.folder, format) } };
}

function checkSystem(reading: Reading, name: string, format: FormatReference, options: SystemOptions, place: Place): void {
  if (format === 'db2' && options.counter === 'position') {
    reading.report.error('CONFIG_CONTRADICTION', below(place, 'counter'), `The system ${name} has counter: position and the format db2`, {
      expected: 'counter: timestamp, since messages of db2 carry no position',
      cure: 'Remove counter',
    });
  }
  if (format !== 'db2' && options.deletedField !== undefined) {
    const message = `The system ${name} has deletedField, which only the format db2 reads`;
    reading.report.warn('CONFIG_NO_EFFECT', below(place, 'deletedField'), message, { cure: 'Remove deletedField, or use format: db2' });
  }
}

async function readProjections(reading: Reading, context: ProjectionContext): Promise<ProjectionDefinition[]> {
  const { projections } = context.options;
  const place = below(context.systemPlace, 'projections');
  if (typeof projections !== 'string') {
    return Object.entries(projections).map(([name, options]) => readProjection(reading, name, options, context, below(place, name)));
  }
  const folder = resolve(reading.folder, projections);
  const names = await reading.list(folder, place);
  if (names === undefined) {
    reading.leaveOutAll('UNKNOWN_COLLECTION');
    return [];
  }
  const files = names.filter((name) => DATA_FILE.test(name));
  if (files.length === 0) {
    reading.report.error('CONFIG_FILE_MISSING', place, `The folder ${reading.name(folder)} holds no projection`, {
      expected: '<projection>.json or <projection>.yaml',
    });
  }
  const definitions: ProjectionDefinition[] = [];
  const seen = new Map<string, string>();
  for (const file of files) {
    const name = basename(file, extname(file));
    const at: Place = { file: reading.name(resolve(folder, file)), path: [] };
    const other = seen.get(name);
    if (other !== undefined) {
      reading.report.error('CONFIG_CLASH', at, `${other} and ${at.file} both define the projection ${name}`, {
        cure: 'Remove one of them',
      });
      continue;
    }
    seen.set(name, at.file);
    if (!nameShape.safeParse(name).success) {
      reading.report.error('CONFIG_VALUE', at, `The file ${at.file} cannot name a projection`, {
        expected: 'a name of letters, digits, _ and -',
        cure: 'Rename the file',
      });
      continue;
    }
    const read = await reading.read(resolve(folder, file), projectionShape, place);
    if (read === undefined) reading.leaveOut(name);
    else definitions.push(readProjection(reading, name, read.data, context, read.place));
  }
  return definitions;
}

/** A record's topic says which projection it changes, so no topic may belong to two. */
function checkTopics(reading: Reading, systems: readonly SystemDefinition[]): void {
  const owners = new Map<string, ProjectionDefinition>();
  for (const projection of systems.flatMap((system) => system.projections)) {
    for (const topic of projection.topics) {
      const owner = owners.get(topic);
      if (owner === undefined) {
        owners.set(topic, projection);
        continue;
      }
      const message = `The topic ${topic} belongs to both ${owner.system}/${owner.name} and ${projection.system}/${projection.name}`;
      reading.report.error('CONFIG_CLASH', projection.place, message, {
        expected: 'topics of its own for each projection',
        cure: 'Name other topics, or put {projection} into the pattern of the system',
      });
    }
  }
}
