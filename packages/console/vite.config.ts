import path from 'node:path';
import { defaultClientConditions, defineConfig } from 'vite';

/** The console becomes files of the server's package, which serves them at `/-/console`. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/-/console/',
  // Packages of this repository are taken from their sources: nothing has to be built before.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  build: {
    outDir: path.resolve(import.meta.dirname, '../server/console'),
    emptyOutDir: true,
    // The page may load nothing from elsewhere and run nothing written inline: no data: URLs, no preload helper.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    rolldownOptions: {
      onLog: (level, log, handle) => {
        // Libraries mark what runs in browsers only: there is nothing else here.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
});
