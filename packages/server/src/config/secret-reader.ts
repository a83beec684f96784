import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { Place } from '../core/problem.ts';
import { overrideOf } from './overrides.ts';
import type { Override } from './overrides.ts';
import type { Reading } from './reading.ts';
import { resolveSecret } from './secret.ts';
import type { Secret } from './secret.ts';
import type { SecretOptions } from './shapes/secret.ts';

const PEM = /-----BEGIN [A-Z0-9 ]+-----/;

/** Reads the secrets of a project file. What does not resolve is reported at its place, and never shown. */
export class SecretReader {
  readonly #reading: Reading;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #overrides: readonly Override[];

  constructor(reading: Reading, env: Readonly<Record<string, string | undefined>>, overrides: readonly Override[]) {
    this.#reading = reading;
    this.#env = env;
    this.#overrides = overrides;
  }

  /** Undefined where there is none, or where it is faulty. `check` says what is wrong with one that resolved. */
  async text(
    secret: SecretOptions | undefined,
    place: Place,
    check: (secret: Extract<Secret, { readonly value: string }>) => Secret = filled,
  ): Promise<string | undefined> {
    if (secret === undefined) return undefined;
    const found = await this.#resolve(secret);
    const checked = 'value' in found ? check(found) : found;
    if ('value' in checked) return checked.value;
    this.#fault(place, checked);
    return undefined;
  }

  /** The text of a PEM file, which is named by its path, or given as a secret is. */
  async pem(secret: SecretOptions | undefined, place: Place): Promise<string | undefined> {
    if (typeof secret !== 'string' || PEM.test(secret)) return this.text(secret, place, pem);
    const file = resolve(this.#reading.folder, secret);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch {
      this.#reading.report.error('CONFIG_FILE_MISSING', place, `${titleOf(place)}: the file ${secret} cannot be read`, {
        expected: 'a PEM file',
        cure: 'Create the file, or correct the path',
      });
      return undefined;
    }
    return this.text(text, place, pem);
  }

  /** The same, read again each time: a file that somebody keeps up to date. Undefined where it does not resolve now. */
  async live(secret: SecretOptions | undefined, place: Place): Promise<string | (() => Promise<string>) | undefined> {
    const now = await this.text(secret, place);
    if (now === undefined || typeof secret !== 'object' || secret.type !== 'file') return now;
    return async () => {
      const found = await this.#resolve(secret);
      return 'value' in found ? found.value : now;
    };
  }

  #resolve(secret: SecretOptions): Promise<Secret> {
    return resolveSecret(secret, { folder: this.#reading.folder, env: this.#env });
  }

  #fault(place: Place, { fault, expected }: Extract<Secret, { readonly fault: string }>): void {
    const source = overrideOf(place.path, this.#overrides)?.place ?? place;
    this.#reading.report.error('CONFIG_VALUE', source, `${titleOf(place)}: ${fault}`, { expected });
  }
}

function filled(secret: Extract<Secret, { readonly value: string }>): Secret {
  return secret.value === '' ? { fault: 'The secret is empty', expected: 'a text' } : secret;
}

function pem(secret: Extract<Secret, { readonly value: string }>): Secret {
  return PEM.test(secret.value) ? secret : { fault: 'It is not PEM', expected: 'a text with -----BEGIN … -----' };
}

function titleOf({ path }: Place): string {
  return path.join('.');
}
