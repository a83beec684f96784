import type { DistributionReading } from '../../flow/distribution.ts';

/** A histogram in the text form of Prometheus. One reading for each set of labels. */
export function distributionText(
  { name, help }: { readonly name: string; readonly help: string },
  readings: readonly (readonly [labels: Readonly<Record<string, string>>, reading: DistributionReading])[],
): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const [labels, { bounds, counts, sum }] of readings) {
    const given = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    let count = 0;
    for (const [i, inClass] of counts.entries()) {
      count += inClass;
      lines.push(`${name}_bucket{${[...given, `le="${bounds[i] ?? '+Inf'}"`].join(',')}} ${count}`);
    }
    const suffix = given.length === 0 ? '' : `{${given.join(',')}}`;
    lines.push(`${name}_sum${suffix} ${sum}`, `${name}_count${suffix} ${count}`);
  }
  return `${lines.join('\n')}\n`;
}
