/** Rates are changes per second: the median, and the lowest and highest of the repetitions. */
export interface Measurement {
  readonly customers: number;
  readonly variant: string;
  readonly durability: string;
  readonly work: string;
  readonly batch: number;
  readonly changes: number;
  /** Written in the last repetition. */
  readonly views: number;
  readonly perSecond: number;
  readonly lowest: number;
  readonly highest: number;
  /** Of the first repetition, where the repetitions share an engine: its caches were empty. */
  readonly cold?: number;
  /** Where the time went in the last repetition, by stage, in ms. */
  readonly stageMs: Readonly<Record<string, number>>;
}

export function printTable(results: readonly Measurement[]): void {
  const header = [
    'customers',
    'variant',
    'work',
    'batch',
    'changes',
    'views',
    'changes/s',
    'lowest',
    'highest',
    'cold',
    'of baseline',
    'stages',
  ];
  const rows = results.map((one) => {
    const baseline = results.find((other) => other.work === 'baseline' && sameSetting(one, other));
    const share = baseline === undefined || one === baseline ? '' : `${((one.perSecond / baseline.perSecond) * 100).toFixed(1)} %`;
    const total = Object.values(one.stageMs).reduce((sum, ms) => sum + ms, 0);
    const stages = Object.entries(one.stageMs).map(([name, ms]) => `${name} ${Math.round((ms / total) * 100)}%`);
    const rates = [one.perSecond, one.lowest, one.highest].map((rate) => String(Math.round(rate)));
    rates.push(one.cold === undefined ? '' : String(Math.round(one.cold)));
    return [one.customers, one.variant, one.work, one.batch, one.changes, one.views, ...rates, share, stages.join(' ')].map(String);
  });
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  for (const row of [header, ...rows])
    console.info(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function sameSetting(a: Measurement, b: Measurement): boolean {
  return a.customers === b.customers && a.variant === b.variant && a.batch === b.batch && a.durability === b.durability;
}
