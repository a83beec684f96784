import { expect, test } from 'vitest';
import { Distribution } from '../../flow/distribution.ts';
import { distributionText } from './distribution-text.ts';

test('classes are told as Prometheus adds them up, a value on a bound below it', () => {
  const seconds = new Distribution([0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.add(value);
  expect(distributionText({ name: 'm_seconds', help: 'How long.' }, [[{ to: 'a "b"' }, seconds.read()]])).toBe(
    [
      '# HELP m_seconds How long.',
      '# TYPE m_seconds histogram',
      'm_seconds_bucket{to="a \\"b\\"",le="0.1"} 2',
      'm_seconds_bucket{to="a \\"b\\"",le="1"} 3',
      'm_seconds_bucket{to="a \\"b\\"",le="+Inf"} 4',
      'm_seconds_sum{to="a \\"b\\""} 7.65',
      'm_seconds_count{to="a \\"b\\""} 4',
      '',
    ].join('\n'),
  );
});

test('without labels there are no empty braces', () => {
  expect(distributionText({ name: 'm', help: '.' }, [[{}, new Distribution([1]).read()]])).toContain('\nm_sum 0\nm_count 0\n');
});
