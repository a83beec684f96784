import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../core/errors.ts';
import type { StoredRecord } from '../../../core/record.ts';
import type { StoreReader } from '../../../store/store.ts';
import type { ServedCollection } from './served-collection.ts';
import { csvColumns, csvLine } from './csv.ts';
import { renderDocument, shownDocument } from './documents.ts';
import type { View } from './documents.ts';
import type { ParameterReader } from './parameters.ts';
import { fieldNames, readFilter, readSkip, readSort, readStates } from './read-query.ts';

/** Each holds a place in the store's reader for as long as its client likes. */
const MAX_AT_ONCE = 8;

const TYPES = { ndjson: 'application/x-ndjson', json: 'application/json', csv: 'text/csv' } as const;
type Format = keyof typeof TYPES;
const FORMATS = Object.keys(TYPES) as Format[];

interface ExportRequest {
  readonly target: ServedCollection;
  readonly parameters: ParameterReader;
  readonly view: (parameters: ParameterReader) => View;
}

/** Whole results, as long as they may be: read in chunks, as fast as the client takes them, never held as a whole. */
export class Exports {
  readonly #reader: Pick<StoreReader, 'iterate'>;
  #running = 0;

  constructor(reader: Pick<StoreReader, 'iterate'>) {
    this.#reader = reader;
  }

  async send(request: FastifyRequest, reply: FastifyReply, { target, parameters, view: viewOf }: ExportRequest): Promise<FastifyReply> {
    const filter = readFilter(target, parameters);
    const sort = readSort(target, parameters);
    const limit = parameters.takeCount('_l', { least: 1, most: Number.MAX_SAFE_INTEGER });
    const query = { filter, sort, limit, skip: readSkip(parameters), states: readStates(parameters) };
    const view = viewOf(parameters);
    const format = parameters.takeWord('_format', FORMATS) ?? acceptedFormat(request.headers.accept);
    parameters.end(fieldNames(target));
    const isZipped = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s*(?:,|$)))/i.test(request.headers['accept-encoding'] ?? '');
    void reply.headers({
      'Content-Type': `${TYPES[format]}; charset=utf-8`,
      'Content-Disposition': `attachment; filename="${target.name.replace(/[^\w.-]/g, '_')}.${format}"`,
      'Cache-Control': 'no-store',
      Vary: 'Accept, Accept-Encoding',
      ...(isZipped ? { 'Content-Encoding': 'gzip' } : {}),
    });
    if (request.method === 'HEAD') return reply.send(Readable.from([]));
    if (this.#running >= MAX_AT_ONCE)
      throw new AppError('TOO_MANY_REQUESTS', `${MAX_AT_ONCE} exports are running: expected fewer at a time`);
    this.#running++;
    const chunks = this.#reader.iterate(target.name, query)[Symbol.asyncIterator]();
    const release = once(() => {
      this.#running--;
      void chunks.return?.();
    });
    try {
      // The first chunk is read before anything is sent, so that what can fail fails with a status.
      const text = textOf(following(await chunks.next(), chunks), { format, view, target });
      const stream = Readable.from(text, { objectMode: false, highWaterMark: 64 * 1024 });
      stream.once('close', release);
      return await reply.send(isZipped ? zipped(stream) : stream);
    } catch (error) {
      release();
      for (const name of ['Content-Disposition', 'Content-Encoding', 'Vary']) void reply.removeHeader(name);
      throw error;
    }
  }
}

/** Both end when either does. */
function zipped(stream: Readable): Readable {
  const gzip = createGzip({ level: 4 });
  stream.once('error', (error) => gzip.destroy(error));
  gzip.once('close', () => stream.destroy());
  return stream.pipe(gzip);
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

async function* following<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  for (let result = first; result.done !== true; result = await rest.next()) yield result.value;
}

interface Writing {
  readonly format: Format;
  readonly view: View;
  readonly target: ServedCollection;
}

async function* textOf(chunks: AsyncIterable<readonly StoredRecord[]>, writing: Writing): AsyncGenerator<string> {
  const { format, view, target } = writing;
  if (format === 'ndjson') {
    for await (const records of chunks) yield records.map((record) => `${renderDocument(record, view)}\n`).join('');
  } else if (format === 'json') {
    let separator = '[';
    for await (const records of chunks) {
      yield separator + records.map((record) => renderDocument(record, view)).join(',\n');
      separator = ',\n';
    }
    yield separator === '[' ? '[]\n' : ']\n';
  } else {
    let columns: readonly string[] | undefined;
    for await (const records of chunks) {
      const documents = records.map((record) => shownDocument(record, view));
      const head = columns === undefined;
      columns ??= csvColumns(target, view.projection, documents);
      const lines = documents.map((document) => csvLine(columns as readonly string[], document));
      yield (head ? csvLine(columns) : '') + lines.join('');
    }
    if (columns === undefined) yield csvLine(csvColumns(target, view.projection, []));
  }
}

/** Throws NOT_ACCEPTABLE. */
function acceptedFormat(accept: string | undefined): Format {
  const types = (accept ?? '*/*').split(',').map((each) => each.split(';')[0]?.trim().toLowerCase() ?? '');
  for (const type of types) {
    if (type === 'text/csv') return 'csv';
    if (type === 'application/json') return 'json';
    if (['*/*', 'application/*', 'application/x-ndjson', 'application/ndjson', 'application/ejson+json'].includes(type)) return 'ndjson';
  }
  throw new AppError(
    'NOT_ACCEPTABLE',
    `The request accepts ${types.join(', ').slice(0, 200)}: expected ${Object.values(TYPES).join(', ')}`,
  );
}
