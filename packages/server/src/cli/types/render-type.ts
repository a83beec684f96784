import type { FieldNode, ObjectNode, TypeNode } from './type-node.ts';

const INDENT = '  ';
const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/;

/** The type as TypeScript; inner lines are indented by `depth`. */
export function renderType(type: TypeNode, depth = 0): string {
  switch (type.kind) {
    case 'text':
      return type.text;
    case 'null':
    case 'unknown':
      return type.kind;
    case 'array':
      return `${parenthesized(type.item, depth)}[]`;
    case 'union':
      return type.of.map((each) => renderType(each, depth)).join(' | ');
    case 'object':
      return renderObject(type, depth);
  }
}

/** The braces of an object type and what is between them. */
export function renderObject({ fields, isOpen }: ObjectNode, depth = 0): string {
  if (fields.length === 0) return isOpen ? '{ [field: string]: unknown }' : '{}';
  const lines = fields.map((field) => renderField(field, depth + 1));
  if (isOpen) lines.push('[field: string]: unknown;');
  const indent = INDENT.repeat(depth + 1);
  return `{\n${lines.map((line) => `${indent}${line}\n`).join('')}${INDENT.repeat(depth)}}`;
}

/** A name of a member, quoted where it must be. */
export function renderName(name: string): string {
  return PLAIN_NAME.test(name) ? name : JSON.stringify(name);
}

function renderField({ name, type, isOptional }: FieldNode, depth: number): string {
  return `${renderName(name)}${isOptional ? '?' : ''}: ${renderType(type, depth)};`;
}

function parenthesized(type: TypeNode, depth: number): string {
  const rendered = renderType(type, depth);
  return type.kind === 'union' || (type.kind === 'text' && type.text.includes('|')) ? `(${rendered})` : rendered;
}
