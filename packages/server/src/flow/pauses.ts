import type { Definitions } from '../core/definitions.ts';
import type { Filling } from './filling.ts';
import type { Store, StoreWriter } from '../store/store.ts';

/** Facts of this prefix name what is paused: `paused:system/ordering`, `paused:view/sv_customers`. */
export const PAUSE_FACTS = 'paused:';

export type PausedKind = 'system' | 'view';

export interface Paused {
  readonly kind: PausedKind;
  readonly name: string;
}

/**
 * Systems that are not read, and views that are not built, until somebody says that they go on. It outlives the process. Views that wait
 * for what fills the projections that they read are not built either, but nobody has paused them.
 */
export class Pauses {
  readonly #topicsOf: ReadonlyMap<string, readonly string[]>;
  #systems = new Set<string>();
  #views = new Set<string>();
  /** What was held back when last looked. */
  #held = '';
  /** Changes with what is paused. */
  generation = 0;
  readonly filling: Filling;

  constructor({ systems }: Pick<Definitions, 'systems'>, filling: Filling) {
    this.filling = filling;
    this.#topicsOf = new Map(systems.map(({ name, projections }) => [name, projections.flatMap(({ topics }) => topics)]));
  }

  async load(store: Pick<Store, 'facts'>): Promise<void> {
    await this.filling.load(store);
    const paused = await readPaused(store);
    this.#systems = new Set(paused.filter(({ kind }) => kind === 'system').map(({ name }) => name));
    this.#views = new Set(paused.filter(({ kind }) => kind === 'view').map(({ name }) => name));
    const held = JSON.stringify([this.list(), this.filling.held]);
    if (held !== this.#held) this.generation++;
    this.#held = held;
  }

  hasView(name: string): boolean {
    return this.#views.has(name) || this.filling.hasView(name);
  }

  /** Nothing is paused: the usual case. */
  get isNone(): boolean {
    return this.#systems.size + this.#views.size === 0 && this.filling.isNone;
  }

  /** Topics that are not read. One that several systems read is not read while one of them is paused. */
  topics(): ReadonlySet<string> {
    return new Set([...this.#systems].flatMap((system) => this.#topicsOf.get(system) ?? []));
  }

  list(): readonly Paused[] {
    return [
      ...Array.from(this.#systems, (name): Paused => ({ kind: 'system', name })),
      ...Array.from(this.#views, (name): Paused => ({ kind: 'view', name })),
    ];
  }
}

export async function readPaused(store: Pick<Store, 'facts'>): Promise<readonly Paused[]> {
  return Array.from((await store.facts(PAUSE_FACTS)).keys(), (fact): Paused => {
    const [kind, ...name] = fact.slice(PAUSE_FACTS.length).split('/');
    return { kind: kind === 'system' ? 'system' : 'view', name: name.join('/') };
  });
}

export async function savePaused(writer: StoreWriter, { kind, name }: Paused, isPaused: boolean): Promise<void> {
  await writer.saveFact(`${PAUSE_FACTS}${kind}/${name}`, isPaused ? '1' : null);
}
