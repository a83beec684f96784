import path from 'node:path';

/** Editors save several files, and some files several times, in one go. */
const SETTLED_MS = 60;

/** Of other programs, or the engine's own. */
const NOBODYS = /[/\\](?:node_modules|\.git|\.millrace)(?:[/\\]|$)|[/\\](?:millrace\.db|lock\.(?:db|pid))[^/\\]*$/;

export interface WatchOptions {
  /** Folders whose files are nobody's sources: absolute. */
  readonly ignored: readonly string[];
  readonly signal: AbortSignal;
}

/** Watches a project's folder. Made before the first reading of its files, so that no change is missed. */
export class ProjectChanges implements AsyncDisposable {
  readonly #close: () => Promise<void>;
  readonly #signal: AbortSignal;
  #changed = new Set<string>();
  #wake = Promise.withResolvers<void>();

  private constructor(close: () => Promise<void>, signal: AbortSignal) {
    this.#close = close;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake.resolve(), { once: true });
  }

  /** Resolves when changes from now on are seen. */
  static async watch(folder: string, { ignored, signal }: WatchOptions): Promise<ProjectChanges> {
    const { watch } = await import('chokidar');
    const isIgnored = (file: string): boolean =>
      NOBODYS.test(file.slice(folder.length)) || ignored.some((each) => file === each || file.startsWith(each + path.sep));
    const watcher = watch(folder, { ignoreInitial: true, ignored: isIgnored });
    const changes = new ProjectChanges(() => watcher.close(), signal);
    watcher.on('all', (_event, file) => changes.#add(path.relative(folder, file)));
    // A folder that cannot be watched is one whose changes are not seen: nothing ends for it.
    watcher.on('error', () => undefined);
    await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
    return changes;
  }

  /** The files that changed since the last call, once it is quiet; waits for the first. None when the signal aborts. */
  async next(): Promise<readonly string[]> {
    while (!this.#signal.aborted) {
      if (this.#changed.size === 0) await this.#wake.promise;
      const before = this.#changed.size;
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
      if (before === 0 || this.#changed.size !== before) continue;
      const files = [...this.#changed].sort();
      this.#changed = new Set();
      this.#wake = Promise.withResolvers();
      if (this.#signal.aborted) break;
      return files;
    }
    return [];
  }

  #add(file: string): void {
    this.#changed.add(file === '' ? '.' : file);
    this.#wake.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
