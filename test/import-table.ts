/** Which part of the program may import which: the table of CONTRIBUTING.md, as data. */
export interface Part {
  readonly name: string;
  /** Files of the part, from `packages/server/src/`. The first part that matches a file owns it. */
  readonly files: RegExp;
  readonly mayImport: readonly string[];
  /** `node:*` modules. */
  readonly node: boolean;
  /** The global `process`. */
  readonly process: boolean;
}

const PORTS = ['port:log', 'port:format', 'port:store', 'port:code'] as const;

function adapter(
  port: string,
  folder: string,
  more: { readonly drivers?: readonly string[]; readonly node?: boolean; readonly process?: boolean } = {},
): Part {
  return {
    name: `${port}/${folder}`,
    files: new RegExp(`^${port}/${folder}/`),
    mayImport: ['core', `port:${port}`, ...(more.drivers ?? [])],
    node: more.node ?? false,
    process: more.process ?? false,
  };
}

function port(name: string, mayImport: readonly string[] = ['core']): Part {
  return { name: `port:${name}`, files: new RegExp(`^${name}/[^/]+\\.ts$`), mayImport, node: false, process: false };
}

function stage(folder: string): Part {
  return {
    name: `flow/${folder}`,
    files: new RegExp(`^flow/${folder}/`),
    mayImport: ['core', 'plan', ...PORTS],
    node: false,
    process: false,
  };
}

const STAGES = ['1-ingest', '2-project', '3-strategy', '4-aggregate'] as const;
const ADAPTERS = [
  adapter('log', 'memory'),
  adapter('log', 'embedded', { drivers: ['sqlite'], node: true }),
  adapter('log', 'kafka', { node: true }),
  adapter('store', 'memory'),
  adapter('store', 'sqlite', { drivers: ['sqlite'], node: true }),
  adapter('store', 'mongo', { node: true }),
  adapter('format', 'debezium'),
  adapter('format', 'golden-gate'),
  adapter('format', 'db2'),
  // The user's adapter is a function: it is called through the port of user code.
  adapter('format', 'custom', { drivers: ['port:code'] }),
  // User code reads documents, so its worker knows the store's port. It runs in a process of its own.
  adapter('code', 'worker', { drivers: ['port:store'], node: true, process: true }),
];

export const PARTS: readonly Part[] = [
  { name: 'core', files: /^core\//, mayImport: [], node: false, process: false },
  // Hops are followed where they are planned, through the store's port.
  { name: 'plan', files: /^plan\//, mayImport: ['core', 'port:store'], node: false, process: false },
  { name: 'config', files: /^config\//, mayImport: ['core', ...PORTS], node: true, process: false },
  ...ADAPTERS,
  port('log'),
  port('format'),
  port('store'),
  port('code', ['core', 'port:store']),
  { name: 'sqlite', files: /^sqlite\//, mayImport: ['core'], node: true, process: false },
  ...STAGES.map(stage),
  // Serving: what listens knows sockets and files; what matches knows neither.
  {
    name: 'flow/5-serve/listeners',
    files: /^flow\/5-serve\/(http|ws)\//,
    mayImport: ['core', 'plan', 'flow/5-serve', ...PORTS],
    node: true,
    process: false,
  },
  stage('5-serve'),
  // Long work, step by step, between the units of fresh changes.
  {
    name: 'flow/jobs',
    files: /^flow\/jobs\//,
    mayImport: ['core', 'plan', 'flow', ...PORTS, ...STAGES.map((folder) => `flow/${folder}`)],
    node: false,
    process: false,
  },
  // What stages say to each other through the log: public formats.
  { name: 'flow/messages', files: /^flow\/messages\//, mayImport: ['core', 'port:log'], node: false, process: false },
  // Where no unit of work spans all stages: each hands over to the next through the log.
  {
    name: 'flow/hand-over',
    files: /^flow\/hand-over\//,
    mayImport: ['core', 'plan', 'flow', 'flow/jobs', 'flow/messages', ...PORTS, ...STAGES.map((folder) => `flow/${folder}`)],
    node: false,
    process: false,
  },
  {
    name: 'flow',
    files: /^flow\/[^/]+\.ts$/,
    mayImport: ['core', 'plan', 'flow/jobs', ...PORTS, ...STAGES.map((folder) => `flow/${folder}`)],
    node: false,
    process: false,
  },
  {
    name: 'runtime',
    files: /^runtime\//,
    mayImport: [
      'core',
      'plan',
      'config',
      'flow',
      'flow/jobs',
      'flow/hand-over',
      'flow/messages',
      'flow/5-serve',
      'flow/5-serve/listeners',
      'sqlite',
      ...PORTS,
      ...STAGES.map((folder) => `flow/${folder}`),
      ...ADAPTERS.map(({ name }) => name),
    ],
    node: true,
    process: true,
  },
  { name: 'cli', files: /^cli\//, mayImport: ['core', 'plan', 'config', 'runtime', 'testing', ...PORTS], node: true, process: true },
  {
    name: 'testing',
    files: /^testing\//,
    mayImport: ['core', 'plan', 'config', 'flow', 'runtime', ...PORTS, ...STAGES.map((folder) => `flow/${folder}`)],
    node: true,
    process: true,
  },
  { name: 'index', files: /^index\.ts$/, mayImport: ['core', 'plan', 'config', 'runtime', 'flow', ...PORTS], node: false, process: false },
];
