import { decodeDocument } from '../../core/tagged-json.ts';
import type { Document } from '../../core/value.ts';
import { LOAD_START } from '../../flow/jobs/load/load-source.ts';
import type { LoadPlan } from '../../flow/jobs/load/load-source.ts';
import type { RunnableProject } from '../engine.ts';
import { openCode } from '../registry.ts';
import { ChunkReader } from './chunk-reader.ts';

/** What a row would become. */
export type TriedRow = { readonly file: string; readonly line: number } & (
  | { readonly id: string; readonly document: Document }
  | { readonly code: string; readonly reason: string }
);

export interface TriedRows {
  readonly rows: readonly TriedRow[];
  /** Fields that no field of the projection takes, in the rows that were looked at. */
  readonly unknown: readonly string[];
}

/** Reads the first rows as a load would, and writes nothing. */
export async function tryRows(project: RunnableProject, plan: LoadPlan, limit: number): Promise<TriedRows> {
  const needsCode = plan.projection.fields.some(({ cast }) => cast.kind === 'custom');
  await using code = needsCode ? await openCode(project.config, project.plan) : null;
  await using reader = new ChunkReader(plan, LOAD_START, code);
  const rows: TriedRow[] = [];
  const unknown = new Set<string>();
  while (rows.length < limit) {
    const chunk = await reader.next(limit - rows.length);
    if (chunk === null) break;
    const file = plan.files[chunk.begin.file]?.name ?? '';
    const good = chunk.ids.map((id, i): TriedRow => ({
      file,
      line: chunk.lines[i] as number,
      id,
      document: decodeDocument(chunk.texts[i] as string),
    }));
    const bad = chunk.refused.map(({ line, code: error, reason }): TriedRow => ({ file, line, code: error, reason }));
    rows.push(...[...good, ...bad].sort((a, b) => a.line - b.line));
    for (const { type, field } of chunk.fields) if (type === 'UNKNOWN_FIELD') unknown.add(field);
  }
  return { rows: rows.slice(0, limit), unknown: [...unknown] };
}
