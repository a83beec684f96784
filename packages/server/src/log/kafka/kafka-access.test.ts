import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { makeCertificates } from '../../../../../scripts/local-services/kafka/certificates.ts';
import { canStartOwn, describeWith } from '../../../../../test/services/require-services.ts';
import { startBroker } from '../../../../../test/services/start-own.ts';
import { uniqueName } from '../../../../../test/services/unique-name.ts';
import { valuesOf } from '../log-conformance-support.ts';
import { openKafkaLog } from './kafka-log.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { settingsFor } from './kafka-test-support.ts';

const TEST_MS = 40_000;

async function valuesThrough(brokers: string, more: Partial<KafkaSettings>): Promise<readonly unknown[]> {
  await using log = await openKafkaLog(settingsFor(brokers, { topicPrefix: `${uniqueName('access')}.`, ...more }));
  await log.append([{ topic: 'orders', key: 'k', value: 'v' }]);
  await using member = await log.subscribe({ group: 'g', topics: ['orders'] });
  return valuesOf(await member.poll(10));
}

test.runIf(canStartOwn('kafka'))('a door that wants a certificate opens to ours, and to no other', { timeout: 3 * TEST_MS }, async () => {
  await using broker = await startBroker({ tls: true, wantsCertificate: true });
  const { tls, caFile, certificateFile, keyFile } = broker.doors;
  const textOf = (file: string) => readFileSync(file, 'utf8');
  const ca = textOf(caFile);
  const others = mkdtempSync(path.join(tmpdir(), 'millrace-others-'));
  try {
    makeCertificates(others);
    const foreign = { cert: textOf(path.join(others, 'client.pem')), key: textOf(path.join(others, 'client.key')) };
    for (const certificate of [{}, foreign]) {
      const started = performance.now();
      await expect(openKafkaLog(settingsFor(tls, { tls: { ca, ...certificate } }))).rejects.toMatchObject({
        code: 'LOG_REFUSED',
        message: expect.stringMatching(/cannot be reached: .*certificate/),
      });
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  } finally {
    rmSync(others, { recursive: true });
  }
  expect(await valuesThrough(tls, { tls: { ca, cert: textOf(certificateFile), key: textOf(keyFile) } })).toEqual(['v']);
});

describeWith(['tls'], 'access', ({ tls: doors }) => {
  const texts = { ca: '', cert: '', key: '' };
  beforeAll(() => {
    texts.ca = readFileSync(doors.caFile, 'utf8');
    texts.cert = readFileSync(doors.certificateFile, 'utf8');
    texts.key = readFileSync(doors.keyFile, 'utf8');
  });

  test('TLS with the authority that signed the broker’s certificate', { timeout: TEST_MS }, async () => {
    expect(await valuesThrough(doors.tls, { tls: { ca: texts.ca } })).toEqual(['v']);
  });

  test('TLS with a certificate of our own', { timeout: TEST_MS }, async () => {
    expect(await valuesThrough(doors.tls, { tls: texts })).toEqual(['v']);
  });

  test('an authority that did not sign the broker’s certificate is refused at once, by its reason', { timeout: TEST_MS }, async () => {
    // The client's certificate was not made to sign others.
    for (const tls of [{}, { ca: texts.cert }])
      await expect(openKafkaLog(settingsFor(doors.tls, { tls }))).rejects.toMatchObject({
        code: 'LOG_REFUSED',
        message: expect.stringMatching(/cannot be reached: .*certificate/),
      });
  });

  test.for(['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('%s over TLS', { timeout: TEST_MS }, async (mechanism) => {
    expect(
      await valuesThrough(doors.scram, { tls: { ca: texts.ca }, sasl: { mechanism, username: doors.user, password: doors.password } }),
    ).toEqual(['v']);
  });

  test('PLAIN', { timeout: TEST_MS }, async () => {
    expect(await valuesThrough(doors.sasl, { sasl: { mechanism: 'PLAIN', username: doors.user, password: doors.password } })).toEqual([
      'v',
    ]);
  });

  test('OAUTHBEARER, with a token and with a function that gets one', { timeout: TEST_MS }, async () => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const seconds = Math.floor(Date.now() / 1_000);
    const token = `${part({ alg: 'none' })}.${part({ sub: doors.user, iat: seconds - 10, exp: seconds + 3_600 })}.`;
    let asked = 0;
    expect(await valuesThrough(doors.sasl, { sasl: { mechanism: 'OAUTHBEARER', token } })).toEqual(['v']);
    const values = await valuesThrough(doors.sasl, {
      sasl: {
        mechanism: 'OAUTHBEARER',
        token: async () => {
          asked++;
          return Promise.resolve(token);
        },
      },
    });
    expect(values).toEqual(['v']);
    expect(asked).toBeGreaterThan(0);
  });

  test('a wrong password is refused at once, by its reason, and is not told', { timeout: TEST_MS }, async () => {
    const scram = { mechanism: 'SCRAM-SHA-256', username: doors.user, password: 'not-the-password' } as const;
    const plain = { ...scram, mechanism: 'PLAIN' } as const;
    for (const settings of [settingsFor(doors.scram, { tls: { ca: texts.ca }, sasl: scram }), settingsFor(doors.sasl, { sasl: plain })]) {
      const started = performance.now();
      const error: unknown = await openKafkaLog(settings).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'LOG_REFUSED', message: expect.stringMatching(/cannot be reached: .*uthenticat/) });
      expect(String(error)).not.toContain('not-the-password');
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  });

  test('a door that wants TLS and is spoken to without it is named as unreachable', { timeout: TEST_MS }, async () => {
    await expect(openKafkaLog(settingsFor(doors.tls))).rejects.toMatchObject({ code: expect.stringMatching(/^LOG_/) });
  });
});
