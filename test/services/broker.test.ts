import { readFileSync } from 'node:fs';
import { Admin } from '@platformatic/kafka';
import type { AdminOptions } from '@platformatic/kafka';
import { describe, expect, test, vi } from 'vitest';
import type { Doors } from './addresses.ts';
import { canStartOwn } from './require-services.ts';
import { startBroker } from './start-own.ts';
import { uniqueName } from './unique-name.ts';

/** The reason stands deeper. */
const REFUSED = 'Listing topics failed';

async function topicsAt(address: string, options: Partial<AdminOptions> = {}, newTopic?: string): Promise<readonly string[]> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [address], retries: 0, ...options });
  try {
    const list = () => admin.listTopics({ includeInternals: false });
    if (newTopic !== undefined) {
      await admin.createTopics({ topics: [newTopic], partitions: 2, replicas: 1 });
      // It is listed a moment later.
      await vi.waitUntil(async () => (await list()).includes(newTopic), { timeout: 10_000 });
    }
    return await list();
  } finally {
    await admin.close();
  }
}

/** A token that nobody has signed: what the broker takes in tests. */
function unsignedToken(): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: 'alice', iat: now, exp: now + 600 })}.`;
}

function waysThrough({ tls, scram, sasl, user: username, password, ...files }: Doors): [string, string, Partial<AdminOptions>][] {
  const ca = readFileSync(files.caFile);
  const certificate = { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) };
  return [
    ['TLS', tls, { tls: { ca } }],
    ['TLS with a certificate', tls, { tls: { ca, ...certificate } }],
    ['SCRAM-SHA-256', scram, { tls: { ca }, sasl: { mechanism: 'SCRAM-SHA-256', username, password } }],
    ['SCRAM-SHA-512', scram, { tls: { ca }, sasl: { mechanism: 'SCRAM-SHA-512', username, password } }],
    ['PLAIN', sasl, { sasl: { mechanism: 'PLAIN', username, password } }],
    ['OAUTHBEARER', sasl, { sasl: { mechanism: 'OAUTHBEARER', token: unsignedToken() } }],
  ];
}

describe.runIf(canStartOwn('kafka'))('a broker of its own', () => {
  test('comes back at its address with its topics after it was killed and after it was stopped', async () => {
    await using broker = await startBroker();
    const topic = uniqueName();
    expect(await topicsAt(broker.address, {}, topic)).toEqual([topic]);

    await broker.kill();
    expect(broker.pid).toBeUndefined();
    await expect(topicsAt(broker.address)).rejects.toThrow(REFUSED);
    await broker.restart();
    expect(await topicsAt(broker.address)).toEqual([topic]);

    await broker.stop();
    expect(broker.pid).toBeUndefined();
    await broker.restart();
    expect(await topicsAt(broker.address)).toEqual([topic]);
  });

  test('opens each of its doors to whom it is for, and to nobody else', async () => {
    await using broker = await startBroker({ tls: true });
    const { doors } = broker;
    const topic = uniqueName();
    expect(await topicsAt(broker.address, {}, topic)).toEqual([topic]);
    for (const [name, address, options] of waysThrough(doors)) {
      expect({ [name]: await topicsAt(address, options) }).toEqual({ [name]: [topic] });
    }
    await expect(topicsAt(doors.tls, { tls: {} })).rejects.toThrow(REFUSED);
    const ca = readFileSync(doors.caFile);
    const wrong = { username: doors.user, password: 'wrong' };
    await expect(topicsAt(doors.scram, { tls: { ca }, sasl: { mechanism: 'SCRAM-SHA-256', ...wrong } })).rejects.toThrow(REFUSED);
    await expect(topicsAt(doors.sasl, { sasl: { mechanism: 'PLAIN', ...wrong } })).rejects.toThrow(REFUSED);
  });
});
