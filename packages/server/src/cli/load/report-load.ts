import type { CommandContext } from '../context.ts';
import { durationText } from '../progress.ts';
import { jsonLine, line, painter, plural } from '../terminal.ts';

/** What comes out of a load. */
export interface LoadResult {
  readonly rows: number;
  readonly loaded: number;
  readonly unchanged: number;
  readonly duplicates: number;
  readonly overtaken: number;
  readonly refused: number;
  /** How often, by field of the source. */
  readonly unknown: Readonly<Record<string, number>>;
  readonly isFilling: boolean;
}

export function reportLoad(context: CommandContext, projection: string, result: LoadResult, ms: number): void {
  const { out } = context;
  const { rows, loaded, unchanged, duplicates, overtaken, refused, unknown } = result;
  const seconds = Math.round(ms) / 1000;
  const perSecond = ms === 0 ? null : Math.round((rows / ms) * 1000);
  if (context.json) {
    const counts = { rows, loaded, unchanged, duplicates, overtaken, refused };
    return jsonLine(out, { event: 'loaded', projection, ...counts, unknownFields: unknown, seconds, perSecond });
  }
  const paint = painter(out);
  const parts = [
    `${loaded.toLocaleString('en')} loaded`,
    `${unchanged.toLocaleString('en')} unchanged`,
    ...(duplicates === 0 ? [] : [plural(duplicates, 'duplicate')]),
    ...(overtaken === 0 ? [] : [`${overtaken.toLocaleString('en')} overtaken by newer changes`]),
    refused === 0 ? '0 refused' : paint('bad', `${refused.toLocaleString('en')} refused`),
  ];
  const rate = perSecond === null ? '' : paint('quiet', ` in ${durationText(ms)}, ${perSecond.toLocaleString('en')} rows/s`);
  line(
    out,
    `${paint(refused === 0 ? 'good' : 'warning', refused === 0 ? '✓' : '!')} ${paint('name', projection)} ${plural(rows, 'row')}: ${parts.join(', ')}${rate}`,
  );
  for (const [field, count] of Object.entries(unknown))
    line(
      out,
      `  ${paint('warning', 'unknown field')} ${JSON.stringify(field)} in ${plural(count, 'row')}, which no field of ${projection} takes`,
    );
  if (refused > 0) line(out, `  ${paint('quiet', 'see')} millrace errors list --projection ${projection}`);
}
