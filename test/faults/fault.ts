import { setTimeout as passed } from 'node:timers/promises';
import * as fc from 'fast-check';
import { SESSION_SECONDS } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Member } from './member.ts';

export const FAULTS = ['kill', 'freeze', 'broker', 'database', 'leave', 'join'] as const;

export interface Fault {
  /**
   * `kill` a process · `freeze` it for longer than its session, while others go on · `broker`, `database` killed and started again ·
   * `leave` a process stops in order and comes back · `join` one more process comes, or the one that came last goes.
   */
  readonly kind: (typeof FAULTS)[number];
  /** Of the processes there are, modulo their number. */
  readonly who: number;
  /** How long what was killed stays away. */
  readonly awayMs: number;
}

const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom('kill', 'kill', 'kill', 'freeze', 'freeze', 'broker', 'database', 'leave', 'join'),
  who: fc.nat(99),
  awayMs: fc.oneof(fc.constant(0), fc.nat(1_500)),
});

/** So many faults, of every kind where there are as many. */
export function randomFaults(count: number): fc.Arbitrary<readonly Fault[]> {
  const each = fc.tuple(...FAULTS.slice(0, count).map((kind) => fault.map((one): Fault => ({ ...one, kind }))));
  const rest = Math.max(0, count - FAULTS.length);
  return fc
    .tuple(each, fc.array(fault, { minLength: rest, maxLength: rest }))
    .chain(([some, others]) => fc.shuffledSubarray([...some, ...others], { minLength: count, maxLength: count }));
}

export function showFault({ kind, who, awayMs }: Fault, cluster: Cluster): string {
  const isOfMember = kind !== 'broker' && kind !== 'database';
  return `${kind}${isOfMember ? ` ${memberOf(cluster, who).name}` : ''}${awayMs > 0 ? `, away for ${awayMs} ms` : ''}`;
}

/** Does the fault; resolves when everything is back that is to come back, but for the frozen, who come back later: `thawed`. */
export async function inflict(cluster: Cluster, { kind, who, awayMs }: Fault): Promise<{ readonly thawed: Promise<void> }> {
  const member = memberOf(cluster, who);
  let thawed = Promise.resolve();
  switch (kind) {
    case 'kill':
      await member.kill();
      await passed(awayMs);
      await member.start();
      break;
    case 'leave':
      await member.stop();
      await passed(awayMs);
      await member.start();
      break;
    case 'freeze':
      thawed = passed(SESSION_SECONDS * 1_000 + 1_500 + awayMs).then(member.freeze());
      break;
    case 'broker':
    case 'database':
      await cluster[kind].kill();
      await passed(awayMs);
      await cluster[kind].restart();
      break;
    case 'join':
      await joinOrGo(cluster, who);
  }
  return { thawed };
}

async function joinOrGo(cluster: Cluster, who: number): Promise<void> {
  const guest = cluster.members.slice(FIRST_GUEST).find(({ isRunning }) => isRunning);
  if (guest === undefined) await cluster.join((['updater', 'trigger', 'creator'] as const)[who % 3] ?? 'creator');
  else await guest.stop();
}

/** Processes that were there from the beginning stay. */
const FIRST_GUEST = 7;

function memberOf({ members }: Cluster, who: number): Member {
  const running = members.filter(({ isRunning }) => isRunning);
  return running[who % running.length] as Member;
}
