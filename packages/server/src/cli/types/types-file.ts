import { projectionsOf } from '../../core/definitions.ts';
import type { Definitions } from '../../core/definitions.ts';
import type { Plan } from '../../plan/plan.ts';
import { keyType } from './key-type.ts';
import { projectionType } from './projection-type.ts';
import { renderName, renderObject, renderType } from './render-type.ts';
import type { ObjectNode } from './type-node.ts';
import { typeNames } from './type-names.ts';
import { viewType } from './view-type.ts';

/** The text of a TypeScript file with the types of all documents and keys: the same for the same project, whatever the order of its files. */
export function typesFile(projectId: string, definitions: Definitions, plan: Plan): string {
  const types = new Map<string, ObjectNode>();
  const about = new Map<string, string>();
  const { compatibility } = definitions;
  for (const projection of projectionsOf(definitions)) {
    types.set(projection.name, projectionType(projection, compatibility));
    about.set(projection.name, `Projection ${projection.name} of system ${projection.system}`);
  }
  // A view stands after the views that it reads.
  for (const view of plan.views) {
    types.set(view.name, viewType(view, { compatibility, collections: types }));
    about.set(view.name, `Single view ${view.name}`);
  }
  const collections = [...types.keys()].sort();
  const names = typeNames(collections);
  const interfaces = collections.map(
    (collection) =>
      `/** ${commentText(about.get(collection) ?? '')}. */\nexport interface ${names.get(collection) ?? ''} ${renderObject(types.get(collection) as ObjectNode)}\n`,
  );
  const members = collections.map((collection) => `  ${renderName(collection)}: ${names.get(collection) ?? ''};\n`);
  const keys = collections.map((collection) => `  ${renderName(collection)}: ${renderType(keyType(plan, collection, types), 1)};\n`);
  return [
    `// Types of the project ${JSON.stringify(projectId)}, as "millrace types" writes them: change the project, not this file.\n`,
    ...interfaces,
    `/** For \`connect<Collections, Keys>(url)\` of @millrace/client. */\nexport interface Collections {\n${members.join('')}}\n`,
    `/** What names a document: the value of its key, or an object where the key has several fields. */\nexport interface Keys {\n${keys.join('')}}\n`,
  ].join('\n');
}

function commentText(text: string): string {
  return text.replaceAll('*/', '* /').replace(/\s+/g, ' ');
}
