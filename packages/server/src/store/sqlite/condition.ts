import type { SqlValue } from '../../sqlite/statements.ts';

/** A condition on `t`, a collection's table: it holds for every document that the filter matches, and perhaps for others. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}
