import { readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Appended to a file's URL to have its syntax checked by a parser that tells the place. */
export const SYNTAX_CHECK = '?syntax-check';

/** What user code may import without bringing it: the project's own copy wins. `mongodb` has its types only. */
const PROVIDED = /^(?:mongodb|ramda|lodash\.get)(?:\/|$)/;

const require = createRequire(import.meta.url);

/** For `import` and `require` of this process. */
export function installResolveHooks(): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (!PROVIDED.test(specifier)) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch (error) {
        const { code } = error as { code?: string };
        if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') throw error;
        if (specifier === 'mongodb') return { url: shimUrl(), shortCircuit: true };
        if (context.parentURL === import.meta.url || specifier.startsWith('mongodb')) throw error;
        const isRequired = [...(context.conditions as Iterable<string>)].includes('require');
        return {
          url: isRequired ? pathToFileURL(require.resolve(specifier)).href : import.meta.resolve(specifier),
          shortCircuit: true,
        };
      }
    },
    load(url, context, next) {
      if (!url.endsWith(SYNTAX_CHECK)) return next(url, context);
      return { format: 'module-typescript', source: readFileSync(new URL(url)), shortCircuit: true };
    },
  });
}

function shimUrl(): string {
  return new URL(import.meta.url.endsWith('.ts') ? './mongodb-shim.ts' : './mongodb-shim.js', import.meta.url).href;
}
