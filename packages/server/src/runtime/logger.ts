import { pino } from 'pino';
import type { DestinationStream, Logger as Pino } from 'pino';
import type { ProjectConfig } from '../config/config.ts';
import type { Logger } from '../core/logger.ts';

/** Logs go to standard error, so that standard output stays the command's own. */
export async function openLogger(
  config: ProjectConfig,
  stream: { readonly isTTY?: boolean | undefined } = process.stderr,
): Promise<Logger> {
  const { level, format } = config.logging;
  const pretty = format === 'pretty' || (format === 'auto' && stream.isTTY === true);
  return wrap(
    pino(
      {
        level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        redact: { paths: ['*.password', '*.token', 'password', 'token'] },
      },
      await destination(pretty),
    ),
  );
}

async function destination(isPretty: boolean): Promise<DestinationStream> {
  if (!isPretty) return pino.destination({ dest: 2, sync: true });
  const { default: pretty } = await import('pino-pretty');
  return pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' });
}

function wrap(logger: Pino): Logger {
  return {
    child: (fields) => wrap(logger.child(fields)),
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}
