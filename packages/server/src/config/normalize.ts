import { resolve } from 'node:path';

import type { Place } from '../core/problem.ts';
import type { ProjectConfig } from './config.ts';
import type { Override } from './overrides.ts';
import { readLog, readStore, topicsConfig } from './deployment.ts';
import type { Reading } from './reading.ts';
import { below } from './report.ts';
import type { Secret } from './secret.ts';
import { SecretReader } from './secret-reader.ts';
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
  { env, overrides }: { readonly env: Readonly<Record<string, string | undefined>>; readonly overrides: readonly Override[] },
): Promise<ProjectConfig> {
  const place: Place = { file: reading.name(file), path: [] };
  const secrets = new SecretReader(reading, env, overrides);
  const token = await secrets.text(options.http.token, below(place, 'http', 'token'), sendable);
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
    log: await readLog({ reading, secrets, place }, options),
    store: await readStore({ reading, secrets, place }, options),
    topics: topicsConfig(options.topics),
    drainMs: options.drainSeconds * 1000,
    alias: options.modules.fastData.alias,
  };
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
