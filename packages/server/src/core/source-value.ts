/**
 * Dates and times that a source encodes as a count of units, decoded by its format and not yet cast.
 *
 * A cast to a date takes `toDate()`, to a string `toISO()`, to a number `count` as the connector sent it.
 */
export type TimeKind = 'date' | 'time' | 'timestamp';
export type TimeUnit = 'days' | 'millis' | 'micros' | 'nanos';

const PER_DAY: Readonly<Record<TimeUnit, bigint>> = { days: 1n, millis: 86_400_000n, micros: 86_400_000_000n, nanos: 86_400_000_000_000n };
const DIGITS: Readonly<Record<TimeUnit, number>> = { days: 0, millis: 3, micros: 6, nanos: 9 };
const MAX_DATE_MS = 8_640_000_000_000_000n;

export class SourceTime {
  /** `time` is a time of day, counted from midnight; it may be negative or beyond 24 hours (MySQL). */
  readonly kind: TimeKind;
  readonly unit: TimeUnit;
  /** Units since 1970-01-01T00:00Z, or since midnight. */
  readonly count: bigint;

  constructor(kind: TimeKind, unit: TimeUnit, count: bigint) {
    this.kind = kind;
    this.unit = unit;
    this.count = count;
  }

  /** To the millisecond, rounded down; a time of day falls on 1970-01-01. Null outside the range of a Date (years ±275,760). */
  toDate(): Date | null {
    const ms = this.unit === 'millis' ? this.count : floorDivide(this.count * PER_DAY.millis, PER_DAY[this.unit]);
    return ms > MAX_DATE_MS || ms < -MAX_DATE_MS ? null : new Date(Number(ms));
  }

  /**
   * `2026-11-21` · `17:38:31.975652` (also `24:00:00.000000`, `-838:59:59.000000`) · `2026-11-21T17:38:31.975652Z`. The fraction has as
   * many digits as the unit, so that texts of one field sort by time. Years outside 0..9999 have a sign and six digits.
   */
  toISO(): string {
    if (this.kind === 'time') return timeText(this.count, this.unit);
    const days = floorDivide(this.count, PER_DAY[this.unit]);
    if (this.kind === 'date') return dateText(Number(days));
    return `${dateText(Number(days))}T${timeText(this.count - days * PER_DAY[this.unit], this.unit)}Z`;
  }

  toString(): string {
    return this.toISO();
  }

  toJSON(): string {
    return this.toISO();
  }
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

function timeText(count: bigint, unit: TimeUnit): string {
  const size = count < 0n ? -count : count;
  const perSecond = PER_DAY[unit] / 86_400n || 1n;
  const seconds = unit === 'days' ? size * 86_400n : size / perSecond;
  const fraction = DIGITS[unit] === 0 ? '' : `.${(size % perSecond).toString().padStart(DIGITS[unit], '0')}`;
  const two = (part: bigint): string => part.toString().padStart(2, '0');
  return `${count < 0n ? '-' : ''}${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}${fraction}`;
}

/** Proleptic Gregorian calendar, beyond the range of a Date too (Howard Hinnant's days-to-civil algorithm). */
function dateText(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const yearText =
    year >= 0 && year <= 9999 ? String(year).padStart(4, '0') : `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
  return `${yearText}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}
