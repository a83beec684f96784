import type { StageOverview } from '@millrace/client';
import { STAGE_ORDER } from './stages.ts';

const STEP = 100;
const MIDDLE = 40;
const NARROWEST = 1.5;
const WIDEST = 26;
/** The rate at which the channel is full at its fullest stage. */
const FULL_PER_SECOND = 5_000;

/**
 * The way of a change as a channel: the more flows, the fuller it is, and among the stages the one that gives most is the widest.
 * Decoration: the figures stand below it.
 */
export function Race({ stages }: { readonly stages: readonly StageOverview[] }) {
  const rates = STAGE_ORDER.map((name) => stages.find((stage) => stage.name === name)?.perSecond ?? 0);
  const half = halfWidths(rates);
  const width = STEP * STAGE_ORDER.length;
  const isFlowing = rates.some((perSecond) => perSecond > 0);
  return (
    <svg
      className="race"
      viewBox={`0 0 ${width} ${MIDDLE * 2}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      data-flowing={isFlowing || undefined}
    >
      <path className="race-bed" d={`M0 ${MIDDLE - WIDEST - 6}H${width}M0 ${MIDDLE + WIDEST + 6}H${width}`} />
      <path className="race-water" d={bank(half, -1) + bankBack(half)} />
      {[-0.5, 0, 0.5].map((share) => (
        <path key={share} className="race-current" d={bank(half, share)} style={{ animationDuration: `${flowSeconds(rates, share)}s` }} />
      ))}
    </svg>
  );
}

function halfWidths(rates: readonly number[]): number[] {
  const most = Math.max(...rates);
  if (most === 0) return rates.map(() => NARROWEST);
  const fullness = Math.min(1, 0.35 + (0.65 * Math.log10(1 + most)) / Math.log10(1 + FULL_PER_SECOND));
  return rates.map((perSecond) => Math.max(NARROWEST, Math.sqrt(perSecond / most) * fullness * WIDEST));
}

/** The more flows, the faster; the middle before the banks. */
function flowSeconds(rates: readonly number[], share: number): number {
  const fastest = Math.max(...rates);
  return Math.round((9 / (1 + Math.log10(1 + fastest)) + Math.abs(share) * 1.5) * 10) / 10;
}

/** A line through the stages, at a share of the half width: -1 is the upper bank, 1 the lower. */
function bank(half: readonly number[], share: number): string {
  const y = (index: number): number => MIDDLE + (half[index] ?? NARROWEST) * share;
  let line = `M0 ${y(0).toFixed(1)}`;
  for (let index = 0; index < half.length; index++) {
    const centre = STEP * (index + 0.5);
    const end = STEP * (index + 1);
    const next = index + 1 < half.length ? index + 1 : index;
    line += `L${(centre + 18).toFixed(0)} ${y(index).toFixed(1)}C${end} ${y(index).toFixed(1)} ${end} ${y(next).toFixed(1)} ${(end + (next === index ? 0 : STEP / 2 - 18)).toFixed(0)} ${y(next).toFixed(1)}`;
  }
  return line;
}

function bankBack(half: readonly number[]): string {
  const y = (index: number): number => MIDDLE + (half[index] ?? NARROWEST);
  let line = '';
  for (let index = half.length - 1; index >= 0; index--) {
    const centre = STEP * (index + 0.5);
    const begin = STEP * index;
    const previous = Math.max(0, index - 1);
    if (index === half.length - 1) line += `L${STEP * half.length} ${y(index).toFixed(1)}`;
    line += `L${(centre - 18).toFixed(0)} ${y(index).toFixed(1)}`;
    if (index > 0)
      line += `C${begin} ${y(index).toFixed(1)} ${begin} ${y(previous).toFixed(1)} ${(begin - STEP / 2 + 18).toFixed(0)} ${y(previous).toFixed(1)}`;
  }
  return `${line}L0 ${y(0).toFixed(1)}Z`;
}
