import { statSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../core/assert.ts';
import { Checkpointer } from './checkpointer.ts';
import { migrate } from './migrate.ts';
import { makeFolder } from './make-folder.ts';
import { openDatabase, synchronousOf } from './open-database.ts';
import type { Durability } from './open-database.ts';
import { toAppError } from './sqlite-error.ts';
import { Statements } from './statements.ts';
import { WriteLock } from './write-lock.ts';

export const DATA_FILE = 'millrace.db';

export interface EmbeddedOptions {
  /** Made when it is not there. */
  readonly folder: string;
  /** Of the engine's own units of work; appends to the log are synced always. */
  readonly durability?: Durability | undefined;
  readonly busyTimeoutMs?: number | undefined;
  /** Between two rounds of the checkpoint thread. */
  readonly checkpointEveryMs?: number | undefined;
  /** Of the WAL file. Beyond this the writer itself empties the WAL, between two units of work. */
  readonly maxWalBytes?: number | undefined;
}

const CHECKPOINT_EVERY_MS = 500;
const MAX_WAL_BYTES = 256 * 1024 * 1024;
/** A smaller WAL is not worth a thread: closing the file empties it. */
const WORTH_A_THREAD_BYTES = 8 * 1024 * 1024;
/** The event loop gets a turn at least this often. */
const BREATH_EVERY_MS = 10;
/** How long the writer waits for readers when it empties the WAL. */
const RESTART_WAIT_MS = 100;

/**
 * The one file of an embedded deployment, shared by its store and its log: a connection that writes, one that reads what is committed,
 * and the lock that makes units of work of this process run one after another. Other processes may hold the same file open.
 */
export class EmbeddedFile implements AsyncDisposable {
  readonly folder: string;
  readonly path: string;
  /** Used within `unit` only. */
  readonly writer: Statements;
  /** Sees committed data only. Read transactions end with the statement: nothing is held across an `await`. */
  readonly reader: Statements;
  readonly #durability: Durability;
  readonly #busyTimeoutMs: number;
  readonly #maxWalBytes: number;
  readonly #checkpointer: Checkpointer;
  readonly #lock = new WriteLock();
  readonly #commitListeners = new Set<() => void>();
  #whenCommitted: (() => void)[] = [];
  #unit = 0;
  #emptyBeyondBytes: number;
  #lastBreath = performance.now();
  #isClosed = false;

  constructor(options: EmbeddedOptions) {
    const { folder, durability = 'process', busyTimeoutMs = 10_000 } = options;
    this.folder = folder;
    this.path = join(folder, DATA_FILE);
    this.#durability = durability;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#maxWalBytes = options.maxWalBytes ?? MAX_WAL_BYTES;
    this.#emptyBeyondBytes = this.#maxWalBytes;
    makeFolder(folder);
    const writer = openDatabase(this.path, { readOnly: false, durability, busyTimeoutMs });
    try {
      migrate(writer, this.path);
      this.reader = new Statements(openDatabase(this.path, { readOnly: true, durability, busyTimeoutMs }));
    } catch (error) {
      writer.close();
      throw toAppError(error, this.path);
    }
    this.writer = new Statements(writer);
    this.#checkpointer = new Checkpointer({ path: this.path, everyMs: options.checkpointEveryMs ?? CHECKPOINT_EVERY_MS });
  }

  /** Number of the unit of work that is running: what was read in it can only have been changed by it. */
  get currentUnit(): number {
    return this.#unit;
  }

  /**
   * Runs `work` in one transaction. A throw leaves nothing behind. `durability` says what it survives once it is committed; the
   * file's own durability when absent. Units do not nest: one that is awaited within another waits for itself.
   */
  unit<T>(work: () => Promise<T>, durability: Durability = this.#durability): Promise<T> {
    return this.#lock.run(async () => {
      const { db } = this.writer;
      await this.#breathe();
      try {
        if (durability !== this.#durability) db.exec(`PRAGMA synchronous = ${synchronousOf(durability)}`);
        this.writer.run('BEGIN IMMEDIATE');
        this.#unit++;
        this.#whenCommitted = [];
        const result = await work();
        // Some errors (a full disk) end the transaction by themselves: then this fails, as it must, even if `work` swallowed them.
        this.writer.run('COMMIT');
        this.#afterCommit();
        return result;
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw toAppError(error, this.path);
      } finally {
        this.#unit++;
        if (durability !== this.#durability) db.exec(`PRAGMA synchronous = ${synchronousOf(this.#durability)}`);
      }
    });
  }

  /** Everything here is done at once, without an event between: signals, timers and sockets get their turn before a unit of work. */
  async #breathe(): Promise<void> {
    if (performance.now() - this.#lastBreath < BREATH_EVERY_MS) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#lastBreath = performance.now();
  }

  /** Resolves when the units of work asked for so far have ended. */
  idle(): Promise<void> {
    return this.#lock.run(async () => undefined);
  }

  /** Calls `listener` after every commit of this process, until the returned function is called. */
  onCommit(listener: () => void): () => void {
    this.#commitListeners.add(listener);
    return () => this.#commitListeners.delete(listener);
  }

  #afterCommit(): void {
    for (const listener of this.#whenCommitted) listener();
    for (const listener of this.#commitListeners) listener();
    const bytes = this.walBytes();
    if (bytes > this.#emptyBeyondBytes) this.#emptyWal(bytes);
    else if (bytes > WORTH_A_THREAD_BYTES) this.#checkpointer.start();
  }

  /** To be called within a unit: once it is committed, and before another begins, `listener` is called. */
  whenCommitted(listener: () => void): void {
    this.#whenCommitted.push(listener);
  }

  /** Size of the WAL file: the longest that the WAL was since it was last emptied. */
  walBytes(): number {
    return statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /**
   * What is removed from now on is overwritten, and the WAL holds nothing: false while somebody reads it. `rewrite`: the whole file is
   * written anew, without the free space that holds what was removed before.
   */
  scrub(what: 'journal' | 'rewrite'): Promise<boolean> {
    return this.#lock.run(async () => {
      try {
        this.writer.db.exec('PRAGMA secure_delete = ON');
        if (what === 'rewrite') this.writer.db.exec('VACUUM');
        const [isBusy] = must(this.writer.first<[number, number]>('PRAGMA wal_checkpoint(TRUNCATE)'), 'A checkpoint tells how it went');
        return isBusy === 0;
      } catch (error) {
        throw toAppError(error, this.path);
      }
    });
  }

  /** While the writer never pauses, the thread alone never catches up: so the writer waits once, and the WAL begins anew. */
  #emptyWal(bytes: number): void {
    const { db } = this.writer;
    this.#checkpointer.pause();
    db.exec(`PRAGMA busy_timeout = ${RESTART_WAIT_MS}`);
    try {
      const [isBusy, frames] = must(
        this.writer.first<[number, number]>('PRAGMA wal_checkpoint(TRUNCATE)'),
        'A checkpoint tells how it went',
      );
      // The thread's last round is still going on: the next commit tries again.
      if (isBusy === 1 && frames === -1) return;
      // A reader is in the way, for which was waited: not at each commit, but when the WAL has grown some more.
      this.#emptyBeyondBytes = isBusy === 1 ? bytes + this.#maxWalBytes / 16 : this.#maxWalBytes;
      this.#checkpointer.resume();
    } catch {
      // What was committed is safe in the WAL; a disk that is full or broken is reported by the next unit of work.
      this.#emptyBeyondBytes = bytes + this.#maxWalBytes / 16;
      this.#checkpointer.resume();
    } finally {
      db.exec(`PRAGMA busy_timeout = ${this.#busyTimeoutMs}`);
    }
  }

  /** Waits for the running unit of work, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#checkpointer.stop();
    await this.#lock.run(async () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.reader.db.close();
      this.writer.db.close();
    });
  }
}

/** Opens the data folder's file for reading and writing. Throws DATA_TOO_NEW, STORE_CORRUPT, STORE_IO, STORE_FULL. */
export function openEmbedded(options: EmbeddedOptions): EmbeddedFile {
  return new EmbeddedFile(options);
}
