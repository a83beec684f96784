import type { ProjectInput } from './shapes/project.ts';

export type { ProjectInput } from './shapes/project.ts';

/** Gives a `millrace.ts` or `millrace.js` its types: `export default defineConfig({ id: 'orders', … })`. */
export function defineConfig(config: ProjectInput): ProjectInput {
  return config;
}
