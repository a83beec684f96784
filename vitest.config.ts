import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    // Programs that tests start side by side must not want one port.
    env: { TZ: 'UTC', MILLRACE_HTTP_PORT: '0' },
  },
});
