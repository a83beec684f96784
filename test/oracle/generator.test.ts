import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import { propertyOptions } from '../../packages/server/src/testing/property.ts';
import { naiveProjection } from './naive-projections.ts';
import { naiveViews } from './naive.ts';
import { buildHistory, randomSteps } from './random-history.ts';
import { randomProject } from './random-project.ts';
import { showProject } from './show.ts';

test('every random project is one that the plan accepts', () => {
  fc.assert(
    fc.property(randomProject, (project) => {
      const { problems } = derivePlan(project.definitions);
      const errors = problems.filter((problem) => problem.severity === 'error');
      const report = errors.map((error) => `${error.code}: ${error.message}`);
      expect(report.length === 0 ? '' : [...report, showProject(project)].join('\n')).toBe('');
    }),
    propertyOptions(500),
  );
});

test('random projects and histories reach what they are meant to reach', () => {
  const seen = new Map<string, number>();
  const count = (name: string, hit: boolean): void => void seen.set(name, (seen.get(name) ?? 0) + Number(hit));
  const samples = fc.sample(fc.tuple(randomProject, randomSteps(60)), { numRuns: 300, seed: 7 });
  for (const [project, steps] of samples) {
    const { views } = project.definitions;
    const history = buildHistory(project.tables, steps);
    const projections = new Map(
      project.tables.map((table) => [
        table.name,
        naiveProjection(
          table,
          history.filter((event) => event.projection === table.name).map((event, offset) => ({ event, offset })),
        ),
      ]),
    );
    const rows = [...naiveViews(project.definitions, projections).values()].flat();
    const texts = rows.map((row) =>
      JSON.stringify(row.document, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    );
    count('documents', rows.length > 0);
    count(
      'documents with a joined element',
      texts.some((text) => text.includes('[{')),
    );
    count(
      'documents with two nested joins',
      texts.some((text) => /\[\{[^\]]*\[\{/.test(text)),
    );
    count(
      'drafts',
      rows.some((row) => row.state === 'DRAFT'),
    );
    for (const kind of ['put', 'delete', 'move', 'truncate', 'nothing'])
      count(
        kind,
        history.some((event) => event.kind === kind),
      );
    const blocks = views.flatMap((view) =>
      view.source.kind === 'aggregation' ? [view.source.aggregation.root, ...view.source.aggregation.blocks.values()] : [],
    );
    const dependencies = blocks.flatMap((block) => block.dependencies);
    count(
      'views over views',
      dependencies.some((one) => one.kind === 'projection' && one.body.collection.startsWith('v')),
    );
    count(
      'selects',
      dependencies.some((one) => one.kind === 'select'),
    );
    count(
      'aliases',
      dependencies.some((one) => one.kind === 'projection' && one.body.useAlias !== undefined),
    );
  }
  const rare = [...seen].filter(([, hits]) => hits < 5);
  console.info(JSON.stringify(Object.fromEntries(seen)));
  expect(rare).toEqual([]);
});
