import { resolve } from 'node:path';

import type { Place } from '../core/problem.ts';
import type { RelationDefinition } from '../core/relation.ts';
import { FAULTY, readCondition } from './read-condition.ts';
import type { Reading } from './reading.ts';
import { below } from './report.ts';
import { erSchemaShape } from './shapes/er-schema.ts';

/** The relations of all ER schemas of a project. One that stands twice between the same collections is a clash. */
export async function readRelations(
  reading: Reading,
  files: string | readonly string[] | undefined,
  place: Place,
): Promise<RelationDefinition[]> {
  const relations = new Map<string, RelationDefinition>();
  const list: readonly (readonly [string, Place])[] =
    typeof files === 'string' ? [[files, place]] : (files ?? []).map((file, index) => [file, below(place, index)] as const);
  for (const [file, namedAt] of list) {
    for (const relation of await readErSchema(reading, file, namedAt)) {
      const identity = JSON.stringify([relation.source, relation.target, relation.name]);
      const other = relations.get(identity);
      if (other === undefined) {
        relations.set(identity, relation);
        continue;
      }
      const [here, there] = reading.located(relation.place, other.place);
      const message = `The condition ${relation.name} from ${relation.source} to ${relation.target} is declared at ${there} and again at ${here}`;
      reading.report.error('CONFIG_CLASH', relation.place, message, {
        expected: 'one declaration of each condition',
        cure: 'Remove or rename one of them',
      });
    }
  }
  return [...relations.values()];
}

async function readErSchema(reading: Reading, file: string, namedAt: Place): Promise<RelationDefinition[]> {
  const read = await reading.read(resolve(reading.folder, file), erSchemaShape, namedAt);
  // Then nobody knows which conditions there would be.
  if (read?.sound !== true) reading.leaveOutAll('UNKNOWN_CONDITION');
  if (read === undefined) return [];
  const relations: RelationDefinition[] = [];
  for (const [source, { outgoing }] of Object.entries(read.data.config)) {
    for (const [target, { conditions }] of Object.entries(outgoing)) {
      for (const [name, options] of Object.entries(conditions)) {
        const place = below(read.place, 'config', source, 'outgoing', target, 'conditions', name);
        const condition = readCondition(reading, options.condition ?? {}, below(place, 'condition'));
        if (condition === undefined && !reading.report.has(place)) {
          const message = `The condition ${name} from ${source} to ${target} is empty and is left out`;
          reading.report.warn('CONFIG_NO_EFFECT', place, message, {
            expected: `{ "condition": { "field of ${target}": "field of ${source}" } }`,
            cure: 'Write the condition, or remove it',
          });
        } else if (condition === undefined || condition === FAULTY) {
          reading.leaveOut(name);
        } else {
          relations.push({ name, source, target, condition, oneToMany: options.oneToMany, place });
        }
      }
    }
  }
  return relations;
}
