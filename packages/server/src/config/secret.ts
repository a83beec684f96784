import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { SecretOptions } from './shapes/secret.ts';

/** What a secret resolves to, or why it does not. */
export type Secret = { readonly value: string } | { readonly fault: string; readonly expected: string };

export interface SecretContext {
  /** Relative paths start here. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A secret stands in the configuration itself, in a variable of the environment, or in a file: all of it, or one key of an INI file. */
export async function resolveSecret(secret: SecretOptions, context: SecretContext): Promise<Secret> {
  if (typeof secret === 'string') return { value: secret };
  const text = secret.type === 'env' ? fromEnvironment(secret.key, context) : await fromFile(secret.path, secret.key, context);
  if ('fault' in text || secret.encoding !== 'base64') return text;
  const decoded = Buffer.from(text.value, 'base64');
  // Buffer skips what is not base64; what comes back tells.
  if (decoded.toString('base64').replaceAll('=', '') !== text.value.trim().replaceAll('=', '')) {
    return { fault: 'The secret is not base64', expected: 'base64, or no encoding' };
  }
  return { value: decoded.toString('utf8') };
}

function fromEnvironment(key: string, context: SecretContext): Secret {
  // Also process.env inherits from Object: it has a constructor, which nobody set.
  const value = Object.hasOwn(context.env, key) ? context.env[key] : undefined;
  if (value !== undefined && value !== '') return { value };
  return { fault: `The environment variable ${key} is not set`, expected: `a value in ${key}` };
}

async function fromFile(path: string, key: string | undefined, context: SecretContext): Promise<Secret> {
  let text: string;
  try {
    text = await readFile(resolve(context.folder, path), 'utf8');
  } catch {
    return { fault: `The secret file ${path} cannot be read`, expected: 'a file that can be read' };
  }
  if (key === undefined) return { value: text.replace(/\r?\n$/, '') };
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([^=;#[][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (match?.[1] === key) return { value: (match[2] ?? '').replace(/^(["'])(.*)\1$/s, '$2') };
  }
  return { fault: `The secret file ${path} has no key ${key}`, expected: `a line ${key}=…` };
}
