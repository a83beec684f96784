import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { stateFolder } from './places.ts';
import { runs } from './processes.ts';
import { ServerProcess } from './server-process.ts';

/** Folders of servers that one process has started for itself. Their names begin with its number. */
const parent = (): string => path.join(stateFolder(), 'own');
const mine = new Set<string>();

/** A folder for a server that this process alone uses. Servers whose process has ended without stopping them are stopped first. */
export async function ownFolder(): Promise<string> {
  await sweepOwnFolders();
  mkdirSync(parent(), { recursive: true });
  const folder = mkdtempSync(path.join(parent(), `${process.pid}-`));
  if (mine.size === 0) process.once('exit', killMine);
  mine.add(folder);
  return folder;
}

/** Its data is of no more use, so it is not asked to stop in order. */
export async function releaseOwnFolder(folder: string, server: { kill(): Promise<void> }): Promise<void> {
  await server.kill();
  mine.delete(folder);
  rmSync(folder, { recursive: true, force: true });
}

/** Ends the servers of processes that are no more, and removes what they had; gives how many. */
export async function sweepOwnFolders(): Promise<number> {
  const orphans = foldersIn(parent()).filter((name) => !runs(Number.parseInt(name, 10)));
  for (const name of orphans) {
    const folder = path.join(parent(), name);
    await new ServerProcess(folder).kill();
    rmSync(folder, { recursive: true, force: true });
  }
  return orphans.length;
}

/** The folders in which a server runs, with its process. */
export function runningInOwnFolders(): { readonly folder: string; readonly pid: number }[] {
  return foldersIn(parent()).flatMap((name) => {
    const folder = path.join(parent(), name);
    const { pid } = new ServerProcess(folder);
    return pid === undefined ? [] : [{ folder, pid }];
  });
}

/** A last resort: whoever has started a server disposes of it. */
function killMine(): void {
  for (const folder of mine) {
    const { pid } = new ServerProcess(folder);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
