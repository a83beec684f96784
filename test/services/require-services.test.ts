import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { serviceAddresses } from './addresses.ts';
import { requireServices } from './require-services.ts';
import { uniqueName } from './unique-name.ts';

beforeEach(() => {
  vi.stubEnv('MILLRACE_SERVICES_DIR', path.join(tmpdir(), uniqueName()));
  for (const name of ['MILLRACE_KAFKA_BROKERS', 'MILLRACE_MONGODB_URL', 'MILLRACE_TEST_KAFKA_TLS']) vi.stubEnv(name, undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('a suite whose server is absent is told so, and says it', () => {
  vi.stubEnv('CI', undefined);
  const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  expect(serviceAddresses()).toEqual({ kafka: undefined, mongo: undefined, tls: undefined });
  expect(requireServices('kafka', 'mongo')).toBeUndefined();
  expect(said.mock.calls).toEqual([['Skipped, because kafka and mongo do not run: scripts/services up kafka mongo']]);
});

test('on the build server, it fails', () => {
  vi.stubEnv('CI', 'true');
  expect(() => requireServices('mongo')).toThrow('mongo does not run: scripts/services up mongo');
});

test('addresses in the environment are used', () => {
  vi.stubEnv('MILLRACE_KAFKA_BROKERS', 'a:1,b:2');
  vi.stubEnv('MILLRACE_MONGODB_URL', 'mongodb://somewhere');
  expect(requireServices('kafka', 'mongo')).toMatchObject({ kafka: 'a:1,b:2', mongo: 'mongodb://somewhere' });
});

test('names are unique, and fit topics and databases', () => {
  const names = new Set(Array.from({ length: 1_000 }, () => uniqueName()));
  expect(names.size).toBe(1_000);
  for (const name of names) expect(name).toMatch(/^test-[0-9a-f-]{13}$/);
});
