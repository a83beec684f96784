/**
 * Suites of the whole program, which run on Kafka and MongoDB too, by the same code. Not `test/client/restart.test.ts`: positions of live
 * queries are those of one gateway, as long as it runs.
 */
export const ON_EVERY_DEPLOYMENT = [
  'test/specification/*.test.ts',
  'test/kill/kill.test.ts',
  'test/client/law.test.ts',
  'test/served/live.test.ts',
  'test/e2e/example.test.ts',
] as const;
