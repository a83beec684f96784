import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { until } from './until.ts';

/** Below the range from which kernels take the ports of outgoing connections, so that a server that is down for a moment keeps its own. */
const FIRST = 15_000;
const COUNT = 17_000;
const ATTEMPTS = 200;
/** A server that has just been killed holds its port for a moment. */
const FREE_WITHIN_MS = 5_000;

/** The ports of the server in this folder: undefined before its first start. */
export function knownPorts(folder: string): readonly number[] | undefined {
  const file = fileOf(folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as number[]) : undefined;
}

/**
 * The ports of the server in this folder, free ones before its first start. They stand in the data of the servers, so they stay what they
 * are; throws where another program has taken one meanwhile.
 */
export async function keptPorts(
  folder: string,
  options: { readonly count: number; readonly running: boolean },
): Promise<readonly number[]> {
  const known = knownPorts(folder);
  if (known === undefined) {
    const ports = await freePorts(options.count);
    writeFileSync(fileOf(folder), JSON.stringify(ports));
    return ports;
  }
  for (const port of options.running ? [] : known) {
    if (!(await until(() => isFree(port), FREE_WITHIN_MS)))
      throw new Error(`Port ${port} is taken by another program, and stands in the data in ${folder}: remove that`);
  }
  return known;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count; attempt++) {
    if (attempt === ATTEMPTS) throw new Error(`Found no ${count} free ports from ${FIRST} to ${FIRST + COUNT}`);
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function fileOf(folder: string): string {
  return path.join(folder, 'ports.json');
}
