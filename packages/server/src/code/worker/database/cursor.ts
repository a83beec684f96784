import type { Document } from '../../../core/value.ts';

type Transform = (document: Document) => unknown;

/** What both cursors of the driver have: documents one by one, or all of them. It reads when it is first asked. */
export abstract class Cursor implements AsyncIterable<unknown> {
  #iterator: AsyncIterator<readonly Document[]> | undefined;
  #buffer: readonly Document[] = [];
  #at = 0;
  #isClosed = false;
  readonly #transforms: Transform[] = [];

  protected abstract chunks(): AsyncIterable<readonly Document[]>;

  get closed(): boolean {
    return this.#isClosed;
  }

  protected get isBegun(): boolean {
    return this.#iterator !== undefined;
  }

  map(transform: Transform): this {
    this.#transforms.push(transform);
    return this;
  }

  async hasNext(): Promise<boolean> {
    while (this.#at >= this.#buffer.length) {
      if (this.#isClosed) return false;
      this.#iterator ??= this.chunks()[Symbol.asyncIterator]();
      const { done, value } = await this.#iterator.next();
      if (done === true) {
        this.#isClosed = true;
        return false;
      }
      this.#buffer = value;
      this.#at = 0;
    }
    return true;
  }

  /** The next document, or null. */
  async next(): Promise<unknown> {
    if (!(await this.hasNext())) return null;
    let document: unknown = this.#buffer[this.#at++];
    for (const transform of this.#transforms) document = transform(document as Document);
    return document;
  }

  async tryNext(): Promise<unknown> {
    return this.next();
  }

  async toArray(): Promise<unknown[]> {
    const all: unknown[] = [];
    while (await this.hasNext()) all.push(await this.next());
    return all;
  }

  /** Stops when the function gives false. */
  async forEach(visit: (document: unknown) => unknown): Promise<void> {
    while (await this.hasNext()) if (visit(await this.next()) === false) break;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#buffer = [];
    await this.#iterator?.return?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator {
    try {
      while (await this.hasNext()) yield await this.next();
    } finally {
      await this.close();
    }
  }
}

/** Settings of the driver that change nothing here. */
export function ignoreSettings(prototype: object, names: readonly string[]): void {
  for (const name of names) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: unknown): unknown {
        return this;
      },
    });
  }
}

ignoreSettings(Cursor.prototype, [
  'addCursorFlag',
  'allowDiskUse',
  'batchSize',
  'comment',
  'hint',
  'maxAwaitTimeMS',
  'maxTimeMS',
  'withReadConcern',
  'withReadPreference',
]);
