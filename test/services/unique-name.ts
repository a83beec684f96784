import { randomUUID } from 'node:crypto';

/** A name that no other test takes, for topics, groups, prefixes and databases: letters, digits and dashes. */
export function uniqueName(prefix = 'test'): string {
  return `${prefix}-${randomUUID().slice(0, 13)}`;
}
