import { withoutCredentials } from '../../core/safe-message.ts';

const SECRET_NAMES = /^(?:token|password|passphrase|secret|clientsecret|privatekey|key)$/i;
/** Shorter ones would blacken words. */
const LEAST_LENGTH = 4;

/** The secrets of a configuration, in all forms in which a text may hold them; longest first. */
export function secretsOf(config: unknown): readonly string[] {
  const secrets = new Set<string>();
  collect(config, '', secrets);
  const forms = [...secrets].flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]);
  return [...new Set(forms)].filter(({ length }) => length >= LEAST_LENGTH).toSorted((a, b) => b.length - a.length);
}

/** The text without secrets, and without what stands before the @ of a URL. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return withoutCredentials(secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text));
}

function collect(value: unknown, name: string, secrets: Set<string>): void {
  if (typeof value === 'string') {
    if (SECRET_NAMES.test(name)) secrets.add(value);
    const credentials = /^[a-z][a-z\d+.-]*:\/\/([^/]*)@/i.exec(value)?.[1];
    const password = credentials?.slice(credentials.indexOf(':') + 1);
    if (credentials?.includes(':') === true && password !== undefined) secrets.add(password).add(decoded(password));
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) collect(item, Array.isArray(value) ? name : key, secrets);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
