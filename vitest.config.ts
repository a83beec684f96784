import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { ON_EVERY_DEPLOYMENT } from './test/deployments/suites.ts';
import { serviceAddresses } from './test/services/addresses.ts';

const { kafka, mongo } = serviceAddresses();
const hasServices = kafka !== undefined && mongo !== undefined;
if (!hasServices) {
  const message = 'Kafka and MongoDB do not run: scripts/services up kafka mongo';
  if (process.env['CI'] === 'true') throw new Error(message);
  console.warn(`Nothing is tested on Kafka and MongoDB, because ${message}`);
}

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    pool: 'forks',
    // Most tests wait for programs that they have started, so one more runs beside each.
    maxWorkers: '100%',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: {
      TZ: 'UTC',
      // Programs that tests start side by side must not want one port.
      MILLRACE_HTTP_PORT: '0',
      // They start in half the time where what was compiled before is kept.
      NODE_COMPILE_CACHE: path.join(import.meta.dirname, 'node_modules/.cache/millrace'),
    },
    projects: [
      { extends: true, test: { name: 'embedded', include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'] } },
      ...(hasServices
        ? [{ extends: true as const, test: { name: 'prod', include: [...ON_EVERY_DEPLOYMENT], env: { MILLRACE_TEST_DEPLOYMENT: 'prod' } } }]
        : []),
    ],
  },
});
