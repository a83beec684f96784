import { readFileSync } from 'node:fs';
import type { MongoClient } from 'mongodb';

/** Of `/proc/PID/stat`: this machine's clock ticks. */
const TICKS_PER_SECOND = 100;

export interface Costs {
  /** CPU seconds, by name. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Commands and single operations that the database has carried out. */
  readonly commands: number;
  readonly operations: number;
  /** To and from the database. */
  readonly bytes: number;
}

/** What was used up to now. The sums only grow: two readings tell what lies between them. */
export async function readCosts(client: MongoClient, pids: Readonly<Record<string, readonly number[]>>): Promise<Costs> {
  const status = await client.db('admin').command({ serverStatus: 1, repl: 0, wiredTiger: 0 });
  const { opcounters, network } = status as unknown as {
    readonly opcounters: Readonly<Record<string, number>>;
    readonly network: { readonly bytesIn: number; readonly bytesOut: number; readonly numRequests: number };
  };
  const count = (names: readonly string[]): number => names.reduce((sum, name) => sum + (opcounters[name] ?? 0), 0);
  return {
    cpu: Object.fromEntries(Object.entries(pids).map(([name, each]) => [name, each.reduce((sum, pid) => sum + cpuSeconds(pid), 0)])),
    commands: network.numRequests,
    operations: count(['insert', 'query', 'update', 'delete', 'getmore', 'command']),
    bytes: network.bytesIn + network.bytesOut,
  };
}

export function costsBetween(before: Costs, after: Costs): Costs {
  return {
    cpu: Object.fromEntries(Object.entries(after.cpu).map(([name, seconds]) => [name, seconds - (before.cpu[name] ?? 0)])),
    commands: after.commands - before.commands,
    operations: after.operations - before.operations,
    bytes: after.bytes - before.bytes,
  };
}

/** Of the process and its threads, and of its children that ended. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
