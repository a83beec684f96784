const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const SMALL = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const COMPACT_FROM = 100_000;

/** `12,402`. */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** `1.2M` from a hundred thousand on, so that columns stay narrow. */
export function shortCount(value: number): string {
  return value < COMPACT_FROM ? WHOLE.format(value) : COMPACT.format(value);
}

/** A rate per second, without its unit: one decimal below ten. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond < 0.1) return '<0.1';
  return perSecond < 10 ? SMALL.format(perSecond) : shortCount(perSecond);
}

/** `4.2 %` of a share between 0 and 1. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 0.1 ? '<0.1' : SMALL.format(value)} %`;
}

/** `0.8 ms`, `420 ms`, `3.1 s`, `2 min`. */
export function duration(ms: number): string {
  if (ms < 10) return `${SMALL.format(ms)} ms`;
  if (ms < 1000) return `${WHOLE.format(ms)} ms`;
  if (ms < 120_000) return `${SMALL.format(ms / 1000)} s`;
  if (ms < 7_200_000) return `${WHOLE.format(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${SMALL.format(ms / 3_600_000)} h` : `${WHOLE.format(ms / 86_400_000)} days`;
}

/** `1 row`, `2 rows`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
