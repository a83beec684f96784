import { existsSync, globSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PACKAGE = path.join(ROOT, 'packages/console');
const BUILT = path.join(ROOT, 'packages/server/console');
/** What the pages are made of. */
const SOURCES = ['packages/console/{src,index.html,vite.config.ts}', 'packages/console/src/**', 'packages/{client,protocol}/src/**'];

/** Whether the console's pages are missing, or older than what they are made of. */
export function isConsoleOld(): boolean {
  const page = path.join(BUILT, 'index.html');
  if (!existsSync(page)) return true;
  const built = statSync(page).mtimeMs;
  return globSync(SOURCES, { cwd: ROOT }).some((file) => statSync(path.join(ROOT, file)).mtimeMs > built);
}

/** Builds the console's pages where they are old. A server that runs never sees half of them: they are made aside and then moved. */
export async function buildConsole(): Promise<void> {
  if (!isConsoleOld()) return;
  const { build } = await import('vite');
  const aside = `${BUILT}-${process.pid}`;
  try {
    await build({ root: PACKAGE, configFile: path.join(PACKAGE, 'vite.config.ts'), logLevel: 'warn', build: { outDir: aside } });
    rmSync(BUILT, { recursive: true, force: true });
    renameSync(aside, BUILT);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
