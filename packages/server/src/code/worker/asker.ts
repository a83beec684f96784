import { encode } from '../../core/tagged-json.ts';
import type { Value } from '../../core/value.ts';
import type { FromProcess, Service, ToProcess } from './protocol.ts';

/** Asks the engine, and hands on its answers. */
export class Asker {
  readonly #post: (message: FromProcess) => void;
  readonly #open = new Map<number, PromiseWithResolvers<string>>();
  #next = 0;

  constructor(post: (message: FromProcess) => void) {
    this.#post = post;
  }

  /** The answer's text; throws what was refused. */
  async ask(service: Service, args: readonly Value[]): Promise<string> {
    const id = this.#next++;
    const answer = Promise.withResolvers<string>();
    this.#open.set(id, answer);
    this.#post({ type: 'ask', id, service, text: encode(args as Value[]) });
    return answer.promise;
  }

  settle(message: Extract<ToProcess, { type: 'answer' | 'refusal' }>): void {
    const answer = this.#open.get(message.id);
    this.#open.delete(message.id);
    if (message.type === 'answer') answer?.resolve(message.text);
    else answer?.reject(new Error(message.message));
  }
}
