import { AppError } from '../core/errors.ts';
import type { Log } from '../log/log.ts';
import type { Store } from '../store/store.ts';

/** What a process does: takes changes in, finds what they change, builds it, serves it. */
export const PROCESS_ROLES = ['updater', 'trigger', 'creator', 'gateway'] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];

/** Throws ROLES_NOT_SHARED where a process that does not do everything would leave the rest to nobody. */
export function checkRoles(
  roles: readonly ProcessRole[],
  { log, store }: { readonly log: Pick<Log, 'capabilities'>; readonly store: Pick<Store, 'capabilities'> },
): void {
  const isAll = PROCESS_ROLES.every((role) => roles.includes(role));
  if (isAll || (log.capabilities.shared && store.capabilities.shared)) return;
  const alone = log.capabilities.shared ? 'store' : store.capabilities.shared ? 'log' : 'log and store';
  throw new AppError(
    'ROLES_NOT_SHARED',
    `--role ${roles.join(',')} leaves the other roles to other processes, with which the ${alone} cannot be shared`,
  );
}
