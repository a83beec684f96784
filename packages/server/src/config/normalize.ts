import { resolve } from 'node:path';

import type { Place } from '../core/problem.ts';
import type { ProjectConfig } from './config.ts';
import type { Reading } from './reading.ts';
import { below } from './report.ts';
import { resolveSecret } from './secret.ts';
import type { Secret } from './secret.ts';
import type { ProjectOptions } from './shapes/project.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const MEGABYTE = 1_000_000;
const GIGABYTE = 1_000_000_000;
const LOOPBACK = /^(localhost|::1|\[::1\]|127(\.\d{1,3}){3})$/;

/** The settings of a project as the program uses them. What contradicts itself is reported. */
export async function normalize(
  reading: Reading,
  file: string,
  options: ProjectOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ProjectConfig> {
  const place: Place = { file: reading.name(file), path: [] };
  const token = await readToken(reading, options, env, below(place, 'http', 'token'));
  const { host, port, unguarded, origins, maxLimit, maxQueryMs } = options.http;
  if (!LOOPBACK.test(host) && options.http.token === undefined && !unguarded) {
    reading.report.error(
      'CONFIG_CONTRADICTION',
      below(place, 'http', 'host'),
      `http.host ${host} can be reached by others, and nothing guards it`,
      {
        expected: 'http.token, or http.unguarded: true',
        cure: 'Set http.token, or listen on 127.0.0.1',
      },
    );
  }
  const { retention, live } = options;
  return {
    folder: reading.folder,
    file,
    id: options.id,
    data: resolve(reading.folder, options.data),
    durability: options.durability,
    cacheBytes: options.cache.megabytes * MEGABYTE,
    retention: {
      logMs: inMs(retention.log.days),
      logBytes: Math.round(retention.log.gigabytes * GIGABYTE),
      softDeletedMs: inMs(retention.softDeletedDays),
      deletedKeysMs: inMs(retention.deletedKeysDays),
      deadLettersMs: inMs(retention.deadLettersDays),
      errorsMs: inMs(retention.errorsDays),
    },
    http: { host, port, token, unguarded, origins, maxLimit, maxQueryMs },
    live: {
      maxClients: live.maxClients,
      maxSubscriptions: live.maxSubscriptions,
      maxRows: live.maxRows,
      maxFrameBytes: live.maxFrameBytes,
      maxBufferBytes: live.maxBufferBytes,
      slowMs: live.slowSeconds * 1000,
      heartbeatMs: live.heartbeatSeconds * 1000,
      resumeMs: live.resume.minutes * 60_000,
      resumeBytes: live.resume.megabytes * MEGABYTE,
    },
    auditPerSecond: options.audit.perSecond,
    logging: options.logging,
    log: options.log,
    store: options.store,
    alias: options.modules.fastData.alias,
  };
}

async function readToken(
  reading: Reading,
  options: ProjectOptions,
  env: Readonly<Record<string, string | undefined>>,
  place: Place,
): Promise<string | undefined> {
  if (options.http.token === undefined) return undefined;
  const secret = await resolveSecret(options.http.token, { folder: reading.folder, env });
  const checked = 'value' in secret ? sendable(secret) : secret;
  if ('value' in checked) return checked.value;
  reading.report.error('CONFIG_VALUE', place, `http.token: ${checked.fault}`, { expected: checked.expected });
  return undefined;
}

/** A token that no header can carry would lock everybody out. What it is stays unsaid. */
function sendable(secret: Extract<Secret, { readonly value: string }>): Secret {
  const expected = 'visible ASCII characters without spaces, as a bearer token has them';
  if (secret.value === '') return { fault: 'The secret is empty', expected };
  const at = secret.value.search(/[^\x21-\x7e]/);
  return at < 0 ? secret : { fault: `Character ${at + 1} of the secret cannot stand in a bearer token`, expected };
}

function inMs(days: number | 'never'): number | undefined {
  return days === 'never' ? undefined : days * DAY_MS;
}
