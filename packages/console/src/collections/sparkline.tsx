const WIDTH = 96;
const HEIGHT = 22;
const POINTS = 60;

/** A rate over the last minute, as a current: the newest at the right. Decoration: the figure beside it says the same. */
export function Sparkline({ values }: { readonly values: readonly number[] }) {
  const top = Math.max(1, ...values);
  const step = WIDTH / (POINTS - 1);
  const begin = WIDTH - (values.length - 1) * step;
  const points = values.map(
    (value, index) => `${(begin + index * step).toFixed(1)} ${(HEIGHT - 1.5 - (value / top) * (HEIGHT - 4)).toFixed(1)}`,
  );
  const line = points.length > 1 ? `M${points.join('L')}` : '';
  const area = points.length > 1 ? `${line}V${HEIGHT}H${begin.toFixed(1)}Z` : '';
  return (
    <svg
      className="sparkline"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path className="sparkline-bed" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      <path className="sparkline-area" d={area} />
      <path className="sparkline-line" d={line} />
    </svg>
  );
}
