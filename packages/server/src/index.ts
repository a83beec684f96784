/** What programs may import from `millrace`. */
export { defineConfig } from './config/define-config.ts';
export type { ProjectInput } from './config/shapes/project.ts';
