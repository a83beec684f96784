import { DatabaseSync } from 'node:sqlite';
import { vi } from 'vitest';

/** Observes which connection for writing was opened last. */
export function observeWriter(): { connection(): DatabaseSync } & Disposable {
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
  return {
    connection: () => {
      const found = exec.mock.contexts.findLast(
        (db, i) => (db as DatabaseSync).isOpen && /wal_autocheckpoint/.test(exec.mock.calls[i]?.[0] ?? ''),
      );
      if (found === undefined) throw new Error('Nothing was opened for writing');
      return found as DatabaseSync;
    },
    [Symbol.dispose]: () => exec.mockRestore(),
  };
}

/** From now on it is as if the disk had room for so many pages more. */
export function leaveRoom(db: DatabaseSync, pages: number): void {
  const count = db.prepare('PRAGMA page_count').get()?.['page_count'] as number;
  db.exec(`PRAGMA max_page_count = ${count + pages}`);
}
