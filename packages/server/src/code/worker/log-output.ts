import type { Readable } from 'node:stream';
import type { Logger } from '../../core/logger.ts';
import type { LogEntry } from './protocol.ts';

const MAX_LINE = 1_000;
const MAX_LINES_PER_SECOND = 100;

/** What the logger handed to user code was given. */
export function logEntry({ level, message, fields, file, dropped }: LogEntry, logger: Logger): void {
  logger[level]('User code says', {
    file,
    said: message,
    ...(fields === '' ? {} : { with: fields }),
    ...(dropped === 0 ? {} : { dropped }),
  });
}

/** What user code printed: lines of it become log entries, at most a hundred a second. */
export function logOutput(streams: readonly Readable[], logger: Logger): void {
  let second = 0;
  let lines = 0;
  const log = (line: string): void => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      second = now;
      lines = 0;
    }
    lines++;
    if (lines <= MAX_LINES_PER_SECOND) logger.info('User code printed', { printed: line.slice(0, MAX_LINE) });
    else if (lines === MAX_LINES_PER_SECOND + 1) logger.warn('User code prints too much: the rest of this second is dropped');
  };
  for (const stream of streams) eachLine(stream, log);
}

/** Of a line that never ends, no more is kept than is logged of it. */
function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    lines.forEach(take);
  });
  stream.on('end', () => {
    if (rest !== '') take(rest);
  });
}
