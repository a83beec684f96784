import { AppError } from '../core/errors.ts';
import type { Log } from '../log/log.ts';

/**
 * Topics as they were when this process began to read them. Whoever reads again from where it was, after a failure or a pause, must not
 * take another topic of the same name for the one of which that position is.
 */
export class KnownTopics {
  readonly #log: Pick<Log, 'topics'>;
  #ids: ReadonlyMap<string, string> = new Map();

  constructor(log: Pick<Log, 'topics'>) {
    this.#log = log;
  }

  async learn(): Promise<void> {
    this.#ids = await this.#read();
  }

  idOf(topic: string): string | undefined {
    return this.#ids.get(topic);
  }

  /** Throws TOPIC_RECREATED. */
  async check(topics: readonly string[]): Promise<void> {
    const ids = await this.#read();
    for (const topic of topics) {
      const [known, id] = [this.#ids.get(topic), ids.get(topic)];
      if (known === undefined || known === id) continue;
      const what = id === undefined ? 'deleted while it was read' : 'deleted and made again while it was read';
      throw new AppError('TOPIC_RECREATED', `Topic "${topic}" was ${what} (its id was ${known}, and is ${id ?? 'none'})`);
    }
  }

  async #read(): Promise<ReadonlyMap<string, string>> {
    return new Map((await this.#log.topics()).map(({ topic, topicId }) => [topic, topicId]));
  }
}
