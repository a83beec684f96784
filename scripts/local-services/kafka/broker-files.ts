import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from '../lock.ts';
import { CACHE } from '../places.ts';

const KAFKA = path.join(CACHE, 'kafka-4.3.1');
const POM = path.join(import.meta.dirname, 'pom.xml');
/** Any identifier of this form. */
const CLUSTER_ID = 'Zm1pbGxyYWNlLXRlc3QtMQ';
/** Settings that formatting looks at. What it writes holds no address, so every broker begins with a copy of it. */
const FORMAT_PROPERTIES = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
listeners=PLAIN://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAIN
`;
const SCRAM_USERS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
  '--add-scram',
  `${mechanism}=[name=alice,password=alice-secret]`,
]);

export interface BrokerFiles {
  readonly classPath: string;
  /** An empty data folder. It knows the user `alice`, whose password is `alice-secret`. */
  readonly formatted: string;
}

const FILES: BrokerFiles = { classPath: path.join(KAFKA, 'libs/*'), formatted: path.join(KAFKA, 'formatted') };

export function areBrokerFilesCached(): boolean {
  return existsSync(FILES.formatted);
}

/** Kafka 4.3.1 and a formatted data folder: downloaded and made where they are not yet. */
export async function brokerFiles(): Promise<BrokerFiles> {
  if (areBrokerFilesCached()) return FILES;
  await withLock(path.join(CACHE, 'kafka.lock'), async () => {
    if (!areBrokerFilesCached()) prepare();
  });
  return FILES;
}

function prepare(): void {
  mkdirSync(KAFKA, { recursive: true });
  const folder = mkdtempSync(path.join(KAFKA, 'making-'));
  try {
    const libs = path.join(KAFKA, 'libs');
    if (!existsSync(libs)) {
      const aside = path.join(folder, 'libs');
      run('mvn', ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${aside}`, '-DincludeScope=runtime']);
      renameSync(aside, libs);
    }
    const data = path.join(folder, 'data');
    const properties = path.join(folder, 'server.properties');
    writeFileSync(properties, `${FORMAT_PROPERTIES}log.dirs=${data}\n`);
    const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties, ...SCRAM_USERS];
    run('java', ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', FILES.classPath, ...format]);
    renameSync(data, FILES.formatted);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
