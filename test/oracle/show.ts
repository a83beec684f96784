import { inspect } from 'node:util';
import type { Definitions } from '../../packages/server/src/core/definitions.ts';
import type { Condition, Operand } from '../../packages/server/src/core/relation.ts';
import type { MappingDefinition, ViewDefinition, WhenDefinition } from '../../packages/server/src/core/view.ts';
import type { RandomProject } from './random-project.ts';
import type { Event } from './event.ts';
import type { Row } from './naive.ts';
import { showValue } from './show-value.ts';

export function showRow(row: Row): string {
  return `${row.state === 'PUBLIC' ? '' : `${row.state} `}${showValue(row.document)}`;
}

export function showEvent(event: Event): string {
  const { record } = event;
  const place = `${record.topic}/${record.partition} at ${event.counter}`;
  const told = [event.partial ? 'partial' : '', event.keeps === undefined ? '' : `keeps ${event.keeps}`]
    .filter((text) => text !== '')
    .join(', ');
  const from = event.oldKey === undefined ? '' : `${showValue(event.oldKey)} → `;
  return `${place}: ${event.kind} ${from}${showValue(event.key)} ${showValue(event.row)} ${told}`.trim();
}

export function showProject({ definitions, tables }: RandomProject): string {
  const lines: string[] = [];
  for (const { name, key, columns, traits, blueprint } of tables) {
    const fields = [...key.map((column) => `${column.name}* ${column.type}`), ...columns.map((column) => `${column.name} ${column.type}`)];
    lines.push(
      `projection ${name} (${traits.format}, ${blueprint.hard ? 'hard' : 'soft'}, ${traits.partitions} partitions): ${fields.join(', ')}`,
    );
  }
  for (const { name, source, target, condition } of definitions.relations) {
    lines.push(`relation ${name}: ${source} → ${target} where ${showCondition(condition)}`);
  }
  for (const view of definitions.views) lines.push(...showView(view, definitions));
  return lines.join('\n');
}

function showCondition(condition: Condition): string {
  if (condition.kind === 'filter') return `${condition.field.join('.')} ${showValue(condition.filter)}`;
  if (condition.kind !== 'compare') return `(${condition.conditions.map(showCondition).join(` ${condition.kind} `)})`;
  const { operand } = condition;
  const right = showOperand(operand);
  return `${condition.field.join('.')} ${condition.operator} ${right}`;
}

function showOperand(operand: Operand): string {
  if (operand.kind === 'field') return `source.${operand.path.join('.')}`;
  const values = operand.kind === 'constant' && Array.isArray(operand.value) ? operand.value : undefined;
  if (values !== undefined) return `[${values.map((value) => inspect(value)).join(', ')}]`;
  return operand.kind === 'constant' ? inspect(operand.value) : `[${operand.items.map(showOperand).join(', ')}]`;
}

function showView(view: ViewDefinition, definitions: Definitions): string[] {
  if (view.source.kind !== 'aggregation') return [`view ${view.name}: manual`];
  const { root, blocks } = view.source.aggregation;
  const { missingFields, emptyObject } = definitions.compatibility;
  const traits = [view.upsertStrategy.kind, view.deleteStrategy.kind, missingFields, emptyObject].join(', ');
  const lines = [`view ${view.name} (${traits}) key ${inspect(view.key?.kind === 'fields' ? view.key.fields : undefined)}`];
  for (const path of view.paths ?? []) lines.push(`  path ${path.path.join(' → ')} ${inspect(path.identifier)}`);
  for (const block of [root, ...blocks.values()]) {
    lines.push(
      `  ${block.name}${block.joinDependency === undefined ? '' : ` for each ${block.joinDependency}`} order ${inspect(block.dependencyOrder)}`,
    );
    for (const dependency of block.dependencies) lines.push(`    ${showDependency(dependency)}`);
    lines.push(`    → ${showMapping(block.mapping)}`);
  }
  return lines;
}

function showDependency(
  dependency: Extract<ViewDefinition['source'], { kind: 'aggregation' }>['aggregation']['root']['dependencies'][number],
): string {
  if (dependency.kind === 'config') return `${dependency.name}: block`;
  const bodies =
    dependency.kind === 'projection' ? [dependency.body] : [...dependency.options.map(({ body }) => body), dependency.otherwise];
  const texts = bodies.map((body) => {
    if (body === undefined) return 'nothing';
    const on = body.on.kind === 'identifier' ? `_identifier ${inspect(body.identifierQueryMapping)}` : body.on.name;
    return `${body.collection} on ${on}${body.useAlias === undefined ? '' : ` from ${body.useAlias}`} in ${body.onStates.join('/')}`;
  });
  const whens = dependency.kind === 'select' ? dependency.options.map(({ when }) => `${showWhen(when)} ? `) : [];
  return `${dependency.name}: ${texts.map((text, i) => (whens[i] ?? '') + text).join(' : ')}`;
}

function showWhen(when: WhenDefinition): string {
  const [left, right] = [when.left, when.right].map((operand) => {
    if (operand.kind === 'reference') return [operand.dependency, ...operand.path].join('.');
    return operand.kind === 'constant' ? inspect(operand.value) : 'function';
  });
  return `${left} ${when.operator} ${right}`;
}

function showMapping(mapping: MappingDefinition): string {
  switch (mapping.kind) {
    case 'constant':
      return inspect(mapping.value);
    case 'reference':
      return [mapping.dependency, ...mapping.path].join('.');
    case 'function':
      return 'function';
    case 'object':
      return `{${mapping.fields.map(({ name, value }) => `${name}: ${showMapping(value)}`).join(', ')}}`;
    case 'select': {
      const options = mapping.options.map(({ when, value }) => `${showWhen(when)} ? ${showMapping(value)} : `);
      return `${options.join('')}${mapping.otherwise === undefined ? 'absent' : showMapping(mapping.otherwise)}`;
    }
  }
}
