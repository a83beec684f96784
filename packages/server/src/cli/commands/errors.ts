import type { Command } from 'commander';
import { AppError, CATALOGUE } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { ErrorEntry, ErrorQuery } from '../../store/store.ts';
import type { CommandContext } from '../context.ts';
import { entryJson } from '../errors/entry-json.ts';
import { printEntries, printEntry } from '../errors/print-entries.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { Run } from '../run.ts';
import { requireProject } from '../project.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

interface Filters {
  readonly kind?: 'dead-letter' | 'single-view';
  readonly view?: string;
  readonly projection?: string;
  readonly code?: string;
  readonly all?: boolean;
  readonly limit?: string;
}

export function declareErrors(program: Command, run: Run): void {
  const errors = program
    .command('errors')
    .summary('show, replay and drop what could not be processed')
    .description(
      'Dead letters (records that were refused) and errors of single views (documents that could not be built), each with its reason.',
    )
    .addHelpText(
      'after',
      `
Examples:
  millrace errors list
  millrace errors list --view sv_customers --json
  millrace errors show ordering.orders.ingestion/0/41
  millrace errors replay --code UNCASTABLE_FIELD     after the cause is cured
  millrace errors drop ordering.orders.ingestion/0/41
`,
    );
  withFilters(errors.command('list').summary('list them').description('Lists what is not resolved, newest last.'))
    .option('--all', 'resolved ones too')
    .option('--limit <n>', 'at most so many')
    .action((filters: Filters) => run((context) => list(context, filters)));
  errors
    .command('show')
    .argument('<id>', 'as listed')
    .summary('show all there is of one')
    .description('Shows one entry with its record: key, value, headers, position.')
    .action((id: string) => run((context) => show(context, id)));
  withFilters(errors.command('replay').argument('[ids...]', 'as listed; or choose by options').summary('process them again'))
    .description(
      'Puts the records, or the identifiers of the single views, in the queue again. What succeeds now is resolved; what fails again is listed again.',
    )
    .action((ids: string[], filters: Filters) => run((context) => change(context, 'replay', ids, filters)));
  withFilters(errors.command('drop').argument('[ids...]', 'as listed; or choose by options').summary('forget them'))
    .description('Removes entries for good: their records are not processed.')
    .action((ids: string[], filters: Filters) => run((context) => change(context, 'drop', ids, filters)));
}

function withFilters(command: Command): Command {
  return command
    .option('--kind <kind>', 'dead-letter or single-view')
    .option('--view <name>', 'errors of this single view')
    .option('--projection <name>', 'dead letters of this projection')
    .option('--code <code>', 'with this code');
}

async function list(context: CommandContext, filters: Filters): Promise<ExitReason> {
  const { config } = await requireProject(context);
  const { openReader } = await import('../../runtime/registry.ts');
  await using reader = await openReader(config);
  const entries = inOrder(await reader.errors(queryOf(filters)));
  if (context.json) for (const entry of entries) jsonLine(context.out, entryJson(entry));
  else if (entries.length === 0) line(context.out, painter(context.out)('good', 'No errors.'));
  else printEntries(context.out, entries, context.clock.now());
  return 'done';
}

async function show(context: CommandContext, id: string): Promise<ExitReason> {
  const { config } = await requireProject(context);
  const { openReader } = await import('../../runtime/registry.ts');
  await using reader = await openReader(config);
  const [entry] = await reader.errors({ ids: [id], all: true });
  if (entry === undefined) throw unknownEntry(id);
  if (context.json) jsonLine(context.out, entryJson(entry));
  else {
    printEntry(context.out, entry);
    if (entry.code in CATALOGUE)
      line(context.out, `  ${painter(context.out)('quiet', 'cure'.padEnd(10))} ${CATALOGUE[entry.code as ErrorCode].cure}`);
  }
  return 'done';
}

async function change(context: CommandContext, what: 'replay' | 'drop', ids: readonly string[], filters: Filters): Promise<ExitReason> {
  if (ids.length === 0 && Object.keys(filters).length === 0) {
    throw new AppError('WRONG_USAGE', `Nothing says which errors to ${what}: expected ids, or --kind, --view, --projection or --code`);
  }
  const { config } = await requireProject(context);
  const { openStore } = await import('../../runtime/registry.ts');
  const { canReplay, replayErrors } = await import('../../runtime/replay-errors.ts');
  await using store = await openStore(config);
  const found = await store.errors({ ...queryOf(filters), ...(ids.length === 0 ? {} : { ids, all: true }) });
  const missing = ids.find((id) => !found.some((entry) => entry.id === id));
  if (missing !== undefined) throw unknownEntry(missing);
  const row = what === 'replay' && ids.length > 0 ? found.find((entry) => !canReplay(entry)) : undefined;
  if (row !== undefined)
    throw new AppError('NOT_REPLAYABLE', `The dead letter "${row.id}" is a row of a file, expected a record of the log`);
  const entries = what === 'replay' ? found.filter(canReplay) : found;
  await (what === 'drop'
    ? store.transact((writer) => writer.removeErrors(entries.map(({ id }) => id)))
    : replayErrors(store, entries, context.clock.now()));
  reportChange(context, what, entries);
  return 'done';
}

function reportChange({ out, json }: CommandContext, what: 'replay' | 'drop', entries: readonly ErrorEntry[]): void {
  if (json)
    return jsonLine(out, { event: what === 'drop' ? 'dropped' : 'queued', count: entries.length, ids: entries.map(({ id }) => id) });
  line(
    out,
    what === 'drop'
      ? `${plural(entries.length, 'entry', 'entries')} dropped`
      : `${plural(entries.length, 'entry', 'entries')} queued to be processed again`,
  );
}

function queryOf({ kind, view, projection, code, all, limit }: Filters): ErrorQuery {
  if (kind !== undefined && kind !== 'dead-letter' && kind !== 'single-view') {
    throw new AppError('WRONG_USAGE', `--kind is "${String(kind)}", expected dead-letter or single-view`);
  }
  if (limit !== undefined && !/^\d{1,15}$/.test(limit))
    throw new AppError('WRONG_USAGE', `--limit is "${limit}", expected a whole number from 0`);
  return { kind, view, projection, code, all, limit: limit === undefined ? undefined : Number(limit) };
}

/** Oldest first; those of one moment in the order of the log. */
function inOrder(entries: readonly ErrorEntry[]): ErrorEntry[] {
  return entries.toSorted((a, b) => a.createdAt - b.createdAt || (a.position?.offset ?? 0) - (b.position?.offset ?? 0));
}

function unknownEntry(id: string): AppError {
  return new AppError('UNKNOWN_ENTRY', `There is no dead letter or error "${id}"`);
}
