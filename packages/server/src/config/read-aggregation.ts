import type { AggregationDefinition, BlockDefinition } from '../core/view.ts';
import { checkVersion } from './aggregation-version.ts';
import { readDependency } from './read-dependency.ts';
import { readMapping } from './read-mapping.ts';
import type { AggregationContext } from './aggregation-context.ts';
import type { Reading } from './reading.ts';
import { below } from './report.ts';
import { aggregationShape } from './shapes/aggregation.ts';
import type { BlockOptions } from './shapes/aggregation.ts';
import type { Place } from '../core/problem.ts';

export const ROOT = 'SV_CONFIG';

/** Reads `aggregation.json`. Undefined when something in it is wrong: an aggregation with holes would only raise false alarms. */
export async function readAggregation(
  reading: Reading,
  file: string,
  folders: readonly string[],
): Promise<AggregationDefinition | undefined> {
  const read = await reading.read(file, aggregationShape, { file: reading.name(file), path: [] });
  if (read === undefined) return undefined;
  const context: AggregationContext = { reading, folders, features: [], faulty: !read.sound };
  const blocks = new Map<string, BlockDefinition>();
  for (const [name, options] of Object.entries(read.data.config)) {
    blocks.set(name, await readBlock(context, name, options, below(read.place, 'config', name)));
  }
  checkVersion(reading, read.data.version, context.features, read.place);
  const root = blocks.get(ROOT);
  if (root === undefined) {
    // Left out by a fault that is already known.
    if (!read.sound) return undefined;
    reading.report.error('CONFIG_MISSING_KEY', below(read.place, 'config'), `${read.file} has no ${ROOT}`, {
      expected: `${ROOT}, the block that the single view is made of`,
      cure: blocks.size === 1 ? `Rename ${[...blocks.keys()].join('')} to ${ROOT}` : `Add ${ROOT}`,
    });
    return undefined;
  }
  blocks.delete(ROOT);
  if (root.joinDependency !== undefined) {
    context.faulty = true;
    reading.report.error('CONFIG_CONTRADICTION', below(root.place, 'joinDependency'), `${ROOT} has a joinDependency`, {
      expected: 'joinDependency in config blocks only: a single view is one document',
      cure: 'Remove it, or move it to a config block',
    });
  }
  return context.faulty ? undefined : { version: read.data.version ?? '1.3.0', root, blocks, place: read.place };
}

async function readBlock(context: AggregationContext, name: string, options: BlockOptions, place: Place): Promise<BlockDefinition> {
  const dependencies = [];
  for (const [dependency, body] of Object.entries(options.dependencies)) {
    dependencies.push(await readDependency(context, dependency, body, below(place, 'dependencies', dependency)));
  }
  if (options.dependencyOrder !== undefined) {
    context.features.push({ name: 'dependencyOrder', since: '1.1.0', place: below(place, 'dependencyOrder') });
  }
  return {
    name,
    joinDependency: options.joinDependency,
    dependencyOrder: options.dependencyOrder,
    dependencies: dependencies.filter((dependency) => dependency !== undefined),
    mapping: await readMapping(context, options.mapping, below(place, 'mapping'), name === ROOT ? 'view' : 'inner'),
    place,
  };
}
