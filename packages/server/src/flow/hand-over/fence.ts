import { AppError } from '../../core/errors.ts';
import type { Store } from '../../store/store.ts';

/** Whether the definitions that a process works by are those of the project still. */
export interface DefinitionsInForce {
  /** Names the definitions of this process: a few characters. */
  readonly own: string;
  /** Names those of the process that was the last to start; null where none has told. */
  read(): Promise<string | null>;
}

/**
 * Where a project's definitions change while processes work, those that began before give way: views that they would build are others by
 * now. What they have in hand is done anew by those who know the definitions, since it is committed only after a look.
 */
export class Fence {
  readonly #inForce: DefinitionsInForce | undefined;
  #isReplaced = false;
  #generation = 0;

  constructor(inForce: DefinitionsInForce | undefined) {
    this.#inForce = inForce;
  }

  /** Names the definitions of this process, where they may be replaced. */
  get own(): string | undefined {
    return this.#inForce?.own;
  }

  /** As of the last look. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  /** Changes whenever the definitions are replaced, or are in force again. */
  get generation(): number {
    return this.#generation;
  }

  async look(): Promise<void> {
    if (this.#inForce === undefined) return;
    const { own } = this.#inForce;
    const isReplaced = ((await this.#inForce.read()) ?? own) !== own;
    if (isReplaced !== this.#isReplaced) this.#generation++;
    this.#isReplaced = isReplaced;
  }

  /** Throws DEFINITIONS_REPLACED. */
  async check(): Promise<void> {
    await this.look();
    if (this.#isReplaced)
      throw new AppError('DEFINITIONS_REPLACED', 'A process that started later brought other definitions: this one does no more work');
  }

  /** A store of which nothing is taken that was put there for definitions that this process does not know. */
  guard(store: Store): Store {
    const take: Store['take'] = async (options) => {
      const items = await store.take(options);
      if (items.length > 0) await this.check();
      return items;
    };
    return new Proxy(store, {
      get: (target, name) => {
        const member: unknown = name === 'take' ? take : Reflect.get(target, name, target);
        return typeof member === 'function' ? (member as (...args: unknown[]) => unknown).bind(target) : member;
      },
    });
  }
}
