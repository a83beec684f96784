import type { Place } from '../core/problem.ts';
import type { Reading } from './reading.ts';
import { show } from './report.ts';

/** Topics that the project names for the updates of its collections. All files that name one must agree; several collections may share one. */
export class UpdatesTopics {
  readonly #reading: Reading;
  readonly #named = new Map<string, { readonly topic: string; readonly place: Place }>();

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  get all(): ReadonlyMap<string, string> {
    return new Map([...this.#named].map(([collection, { topic }]) => [collection, topic]));
  }

  name(collection: string, topic: string, place: Place): void {
    const { report } = this.#reading;
    if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic)) {
      report.error('CONFIG_VALUE', place, `updatesTopic ${show(topic)} cannot be the name of a topic`, {
        expected: 'letters, digits, dots, _ and -, at most 249',
      });
      return;
    }
    const known = this.#named.get(collection);
    if (known !== undefined && known.topic !== topic) {
      const [there] = this.#reading.located(known.place);
      report.error('CONFIG_CLASH', place, `Updates of ${collection} go to ${topic}, and by ${there} to ${known.topic}`, {
        expected: 'one topic for each collection',
      });
      return;
    }
    this.#named.set(collection, { topic, place });
  }
}
