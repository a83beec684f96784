import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SERVICES = path.join(ROOT, '.services');

/** Where servers keep what is theirs. `MILLRACE_SERVICES_DIR` names another folder. */
export function stateFolder(): string {
  const other = process.env['MILLRACE_SERVICES_DIR'];
  return other === undefined ? SERVICES : path.resolve(other);
}

/** Downloads: shared by all servers, and never removed. */
export const CACHE = path.join(SERVICES, 'cache');
