import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConsole } from '../../scripts/demo/build-console.ts';
import { findChromium, launchBrowser } from './browser.ts';
import type { TestBrowser } from './browser.ts';
import { serveProject } from './served-project.ts';
import type { ServedProject } from './served-project.ts';
import { SHOP, customer, order } from './shop.ts';

const executable = findChromium();

const PAGES = [
  { name: 'collections', path: '/collections', isThere: 'table' },
  { name: 'a collection', path: '/collections/sv_customers', isThere: 'tr[data-id]' },
  { name: 'a refused filter', path: '/collections/sv_customers?filter=%7B%22a%22%3A%7B%22%24near%22%3A1%7D%7D', isThere: '.problem' },
  { name: 'a document', path: '/collections/sv_customers?doc=%221%22', isThere: '[role="treeitem"]' },
  { name: 'the pipeline', path: '/pipeline', isThere: '.stage' },
  { name: 'an unknown page', path: '/nowhere', isThere: '.notice' },
];

describe.skipIf(executable === undefined)('every page can be used by everybody', () => {
  let browser: TestBrowser;
  let project: ServedProject;

  beforeAll(async () => {
    await buildConsole();
    browser = await launchBrowser(executable ?? '');
    project = await serveProject(SHOP);
    await project.ingest(customer(1, 'Ada', { city: null }), customer(2, 'Bruno'), order(11, 1));
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  });

  const cases = PAGES.flatMap((page) => [
    { ...page, size: 'laptop', viewport: { width: 1280, height: 800 }, themes: ['light', 'dark'] as const },
    { ...page, size: 'phone', viewport: { width: 390, height: 844 }, themes: ['light'] as const },
  ]);

  test.each(cases)('$name on a $size', async ({ path, isThere, viewport, themes }) => {
    await using open = await browser.open({ viewport, reducedMotion: 'reduce' });
    const { page } = open;
    await page.goto(project.url + path);
    await page.locator(isThere).first().waitFor();
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${colorScheme}, ${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
    }
    // Nothing stands beyond the edge of the page.
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
  });
});
