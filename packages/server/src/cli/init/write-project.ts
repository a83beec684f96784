import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, messageOf } from '../../core/errors.ts';

/** Beside `src` and `dist` alike. */
const TEMPLATE = fileURLToPath(new URL('../../../template', import.meta.url));
/** Files that carry the project's name. */
const NAMED = ['millrace.yaml', 'README.md'];
/** What a new project may be put beside. */
const HARMLESS: ReadonlySet<string> = new Set(['.git', '.DS_Store']);

/** Writes a small running project. Throws FOLDER_NOT_EMPTY, STORE_IO; gives the files, relative to the folder. */
export function writeProject(folder: string, name: string): string[] {
  const found = contentOf(folder).filter((entry) => !HARMLESS.has(entry));
  if (found.length > 0) {
    const some = found.slice(0, 3).join(', ');
    throw new AppError(
      'FOLDER_NOT_EMPTY',
      `The folder ${folder} holds ${some}${found.length > 3 ? ' …' : ''}, expected an empty or a new one`,
    );
  }
  try {
    mkdirSync(folder, { recursive: true });
    cpSync(TEMPLATE, folder, { recursive: true });
    // npm leaves files of the real name out of packages.
    renameSync(path.join(folder, 'gitignore'), path.join(folder, '.gitignore'));
    for (const file of NAMED) {
      const text = readFileSync(path.join(folder, file), 'utf8');
      writeFileSync(path.join(folder, file), text.replace(/^(# |id: )shop$/m, `$1${name}`));
    }
  } catch (error) {
    throw new AppError('STORE_IO', `The project cannot be written to ${folder}: ${messageOf(error)}`, { cause: error });
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(`${path.sep}.git`))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

function contentOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new AppError('FOLDER_NOT_EMPTY', `${folder} is no folder that can be read (${messageOf(error)})`, { cause: error });
  }
}
