import type { Statements } from '../../sqlite/statements.ts';
import { SqliteCollection } from './sqlite-collection.ts';
import type { StoredDefinition } from './sqlite-collection.ts';

/** The collections that a file has, by name. Read anew when a name is not known: another process may have made it. */
export class SqliteCatalog {
  readonly #statements: Statements;
  #collections = new Map<string, SqliteCollection>();

  constructor(statements: Statements) {
    this.#statements = statements;
    this.reload();
  }

  reload(): void {
    const rows = this.#statements.all<[number, string, string]>('SELECT id, name, definition FROM collections');
    this.#collections = new Map(
      rows.map(([id, name, definition]) => [name, new SqliteCollection(id, name, JSON.parse(definition) as StoredDefinition)]),
    );
  }

  get(name: string): SqliteCollection | undefined {
    const known = this.#collections.get(name);
    if (known !== undefined) return known;
    this.reload();
    return this.#collections.get(name);
  }

  names(): string[] {
    this.reload();
    return [...this.#collections.keys()].sort();
  }
}
