import { readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

type Kind = 'file' | 'folder';

/** The folders of a project, each looked into once: one reading sees one state of them. */
export class Folders {
  readonly #entries = new Map<string, Promise<ReadonlyMap<string, Kind> | undefined>>();

  /** Names in a folder, sorted; undefined when there is no such folder. */
  async list(folder: string): Promise<string[] | undefined> {
    const entries = await this.#read(folder);
    return entries === undefined ? undefined : [...entries.keys()].toSorted();
  }

  async kindOf(path: string): Promise<Kind | undefined> {
    const entries = await this.#read(dirname(path));
    return entries?.get(basename(path)) ?? ((await this.#read(path)) === undefined ? undefined : 'folder');
  }

  async isFile(path: string): Promise<boolean> {
    return (await this.#read(dirname(path)))?.get(basename(path)) === 'file';
  }

  #read(folder: string): Promise<ReadonlyMap<string, Kind> | undefined> {
    let entries = this.#entries.get(folder);
    if (entries === undefined) {
      entries = readFolder(folder);
      this.#entries.set(folder, entries);
    }
    return entries;
  }
}

async function readFolder(folder: string): Promise<ReadonlyMap<string, Kind> | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const kinds = new Map<string, Kind>();
    for (const entry of entries) {
      const isFolder = entry.isSymbolicLink() ? await leadsToFolder(`${folder}/${entry.name}`) : entry.isDirectory();
      if (isFolder !== undefined) kinds.set(entry.name, isFolder ? 'folder' : 'file');
    }
    return kinds;
  } catch {
    // It is not there, or is a file, or may not be read: there is nothing to be found in it.
    return undefined;
  }
}

/** Undefined for a link that leads nowhere. */
async function leadsToFolder(link: string): Promise<boolean | undefined> {
  try {
    return (await stat(link)).isDirectory();
  } catch {
    return undefined;
  }
}
