import { toExtendedJson } from '../../core/extended-json.ts';
import type { ProjectionDefinition } from '../../core/projection.ts';
import type { CommandContext } from '../context.ts';
import type { ExitReason } from '../exit-codes.ts';
import type { OpenedProject } from '../project.ts';
import { jsonLine, line, painter } from '../terminal.ts';
import type { LoadInput } from './load-options.ts';

interface Wanted {
  readonly projection: ProjectionDefinition;
  readonly delimiter: string;
  readonly limit: number;
  readonly input: LoadInput;
}

/** Shows what the first rows of files would become. */
export async function showTriedRows(context: CommandContext, project: OpenedProject, wanted: Wanted): Promise<ExitReason> {
  const { tryRows } = await import('../../runtime/load/try-rows.ts');
  const { removeSpool } = await import('../../runtime/load/request-load.ts');
  const { projection, delimiter, limit, input } = wanted;
  const { compatibility } = project.definitions;
  const plan = { files: input.files, projection, compatibility, delimiter, startedAt: context.clock.now(), indexed: [] };
  try {
    const { rows, unknown } = await tryRows(project, plan, limit);
    const { out } = context;
    const paint = painter(out);
    for (const row of rows) {
      const { file, line: number } = row;
      if ('document' in row) {
        const document = toExtendedJson(row.document);
        if (context.json) jsonLine(out, { event: 'row', file, line: number, id: row.id, document });
        else line(out, `${paint('quiet', `${file}:${number}`)} ${paint('name', row.id)} ${JSON.stringify(document)}`);
      } else if (context.json) jsonLine(out, { event: 'refused', file, line: number, code: row.code, reason: row.reason });
      else line(out, `${paint('quiet', `${file}:${number}`)} ${paint('bad', row.code)} ${row.reason}`);
    }
    if (context.json) jsonLine(out, { event: 'tried', rows: rows.length, unknownFields: unknown });
    else
      for (const field of unknown)
        line(out, `${paint('warning', 'unknown field')} ${JSON.stringify(field)}, which no field of ${projection.name} takes`);
    return rows.some((row) => 'code' in row) ? 'refused' : 'done';
  } finally {
    if (input.spool !== null) await removeSpool(input.spool);
  }
}
