const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `812 B`, `3.4 MB`: in steps of 1000. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`;
}

const SECOND = 1000;
const SPANS = [
  { ms: 86_400 * SECOND, unit: 'd' },
  { ms: 3_600 * SECOND, unit: 'h' },
  { ms: 60 * SECOND, unit: 'min' },
  { ms: SECOND, unit: 's' },
] as const;

/** `3 h ago`; `–` for no time. */
export function ageText(at: number | null, now: number): string {
  if (at === null) return '–';
  const age = now - at;
  const span = SPANS.find(({ ms }) => age >= ms);
  return span === undefined ? 'now' : `${Math.floor(age / span.ms)} ${span.unit} ago`;
}

/** `7 d`; `for ever`. */
export function keptText(ms: number | null): string {
  return ms === null ? 'for ever' : ageText(-ms, 0).replace(' ago', '');
}
