import type { DatabaseSync, StatementSync } from 'node:sqlite';

const MOST = 400;

/**
 * The prepared statements of one connection, by their text; rows come as arrays (less to build than objects). Bounded: texts made from
 * users' filters come and go, the oldest goes first.
 */
export class Statements {
  readonly db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.db = db;
  }

  get(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement !== undefined) return statement;
    statement = this.db.prepare(sql);
    statement.setReturnArrays(true);
    if (this.#prepared.size >= MOST) {
      const oldest = this.#prepared.keys().next();
      if (oldest.done !== true) this.#prepared.delete(oldest.value);
    }
    this.#prepared.set(sql, statement);
    return statement;
  }

  /** All rows, of the type that the caller knows them to have. */
  all<Row extends readonly unknown[]>(sql: string, ...parameters: readonly SqlValue[]): Row[] {
    return this.get(sql).all(...parameters) as unknown as Row[];
  }

  /** The first row, likewise. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what a row holds is known by its SQL alone
  first<Row extends readonly unknown[]>(sql: string, ...parameters: readonly SqlValue[]): Row | undefined {
    return this.get(sql).get(...parameters) as unknown as Row | undefined;
  }

  run(sql: string, ...parameters: readonly SqlValue[]): number {
    return Number(this.get(sql).run(...parameters).changes);
  }
}

export type SqlValue = string | number | bigint | null | Uint8Array;
