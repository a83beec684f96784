/**
 * Realistic, endless changes of the two sources of this example: the same for the same seed.
 *
 *     node generator.ts --events 1000 --seed 7 | npx millrace ingest --project .
 */
import { parseArgs } from 'node:util';
import { KITCHEN_EVENTS, addAllergen, addDish, openRestaurant } from './generator/kitchen-events.ts';
import { messagesOf } from './generator/messages.ts';
import type { IngestLine } from './generator/messages.ts';
import { ALLERGENS, RESTAURANTS } from './generator/names.ts';
import { orderingEvents, placeOrder, signUp } from './generator/ordering-events.ts';
import { World } from './generator/world.ts';
import type { SavedWorld } from './generator/world.ts';

export type { IngestLine } from './generator/messages.ts';

/** How often each event happens, in proportion. */
const WEIGHTS = {
  placeOrder: 20,
  advanceOrder: 50,
  changeQuantity: 10,
  cancelLine: 3,
  moveLine: 2,
  moveOrder: 2,
  review: 8,
  editReview: 5,
  earnPoints: 12,
  moveHouse: 3,
  signUp: 1,
  leave: 0.9,
  changePrice: 8,
  toggleAvailable: 3,
  moveDish: 1,
  changeRecipe: 3,
  renameAllergen: 0.2,
  renameRestaurant: 0.5,
  addDish: 0.5,
  removeDish: 0.5,
} as const;
type EventName = keyof typeof WEIGHTS;

export interface GeneratorOptions {
  readonly seed: number;
  readonly customers?: number;
  readonly dishes?: number;
  /** ms since 1970; the wall clock when absent. */
  readonly now?: () => number;
  /** Continues where `save` was called; seed and sizes are then those of the saved run. */
  readonly saved?: SavedGenerator | undefined;
}

export interface SavedGenerator {
  readonly world: SavedWorld;
  readonly sequence: number;
}

export class FoodDeliveryGenerator {
  readonly #world: World;
  readonly #events: Readonly<Record<EventName, (world: World) => void>>;
  readonly #now: () => number;
  readonly #initial: { readonly customers: number; readonly dishes: number } | undefined;
  #sequence: number;

  constructor(options: GeneratorOptions) {
    this.#now = options.now ?? Date.now;
    this.#events = { ...orderingEvents(this.#now), ...KITCHEN_EVENTS };
    this.#world = new World(options.saved?.world ?? { random: options.seed, counters: {}, tables: {} });
    this.#sequence = options.saved?.sequence ?? 0;
    this.#initial = options.saved === undefined ? { customers: options.customers ?? 200, dishes: options.dishes ?? 60 } : undefined;
  }

  /** The rows that are there at the beginning; none for a continued run. */
  start(): IngestLine[] {
    if (this.#initial === undefined) return [];
    const world = this.#world;
    for (const code of Object.keys(ALLERGENS)) addAllergen(world, code);
    for (const name of RESTAURANTS) openRestaurant(world, name);
    for (let i = 0; i < this.#initial.dishes; i++) addDish(world);
    for (let i = 0; i < this.#initial.customers; i++) {
      const micros = this.#now() * 1000;
      signUp(world, micros);
      for (let orders = world.random.between(0, 3); orders > 0; orders--) placeOrder(world, i + 1, micros);
    }
    return this.#messages();
  }

  /** The messages of the next event: at least one. */
  next(): IngestLine[] {
    for (;;) {
      this.#events[this.#world.random.weighted(WEIGHTS)](this.#world);
      const lines = this.#messages();
      if (lines.length > 0) return lines;
    }
  }

  /** All that is needed to go on later, as JSON. */
  save(): SavedGenerator {
    return { world: this.#world.save(), sequence: this.#sequence };
  }

  #messages(): IngestLine[] {
    const timestamp = this.#now();
    return this.#world.drain().flatMap((change) => messagesOf(change, timestamp, ++this.#sequence));
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { events: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } } });
  const generator = new FoodDeliveryGenerator({ seed: Number(values.seed) });
  const print = (lines: readonly IngestLine[]): void =>
    void process.stdout.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  print(generator.start());
  for (let i = Number(values.events); i > 0; i--) print(generator.next());
}
