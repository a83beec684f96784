import { execFile } from 'node:child_process';
import { existsSync, globSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PACKAGE = path.join(ROOT, 'packages/console');
const VITE = path.join(ROOT, 'node_modules/vite/bin/vite.js');
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
  const aside = `${BUILT}-${process.pid}`;
  // In a process of its own: a test runner's environment would make a build for development.
  const args = [VITE, 'build', PACKAGE, '--outDir', aside, '--logLevel', 'warn'];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: { ...process.env, NODE_ENV: 'production' } });
    rmSync(BUILT, { recursive: true, force: true });
    renameSync(aside, BUILT);
  } catch (error) {
    // Another process was quicker.
    if (isConsoleOld()) throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
