import { pino } from 'pino';
import type { DestinationStream, Logger as Pino } from 'pino';
import type { ProjectConfig } from '../config/config.ts';
import type { Definitions } from '../core/definitions.ts';
import type { Logger } from '../core/logger.ts';
import { knownWords } from './logging/known-words.ts';
import { Redactor } from './logging/redactor.ts';
import { secretsOf, withoutSecrets } from './logging/secrets.ts';

type Fields = Readonly<Record<string, unknown>>;
type Show = (fields: Fields) => Fields;

/** Of a project whose log is opened; without definitions, fewer words of its texts are known to be harmless. */
interface LoggedProject {
  readonly config: ProjectConfig;
  readonly definitions?: Definitions;
}

/**
 * Logs go to standard error, so that standard output stays the command's own. Nothing of a record stands in them unless `logging.keys` is
 * `plain`, and no secret of the configuration ever.
 */
export async function openLogger(
  { config, definitions }: LoggedProject,
  stream: { readonly isTTY?: boolean | undefined } = process.stderr,
): Promise<Logger> {
  const { level, format, keys } = config.logging;
  const pretty = format === 'pretty' || (format === 'auto' && stream.isTTY === true);
  const output = await destination(pretty);
  const secrets = secretsOf(config);
  const safe: DestinationStream = { write: (text) => output.write(withoutSecrets(text, secrets)) };
  const show = keys === 'plain' ? showAll : new Redactor(() => knownWords(definitions)).fields;
  return wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, safe), show);
}

async function destination(isPretty: boolean): Promise<DestinationStream> {
  if (!isPretty) return pino.destination({ dest: 2, sync: true });
  const { default: pretty } = await import('pino-pretty');
  return pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' });
}

function wrap(logger: Pino, show: Show): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Fields = {}): void => {
      if (logger.isLevelEnabled(level)) logger[level](show(fields), message);
    };
  return {
    child: (fields) => wrap(logger.child(show(fields)), show),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}

function showAll(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value instanceof Error
        ? [
            [name, value.message],
            ['at', value.stack],
          ]
        : [[name, value]],
    ),
  );
}
