import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConsole } from '../../scripts/demo/build-console.ts';
import { remove } from '../specification/messages.ts';
import { findChromium, launchBrowser } from './browser.ts';
import type { TestBrowser } from './browser.ts';
import { serveProject } from './served-project.ts';
import type { ServedProject } from './served-project.ts';
import { SHOP, customer, order } from './shop.ts';

const executable = findChromium();

describe.skipIf(executable === undefined)('the console in a browser', () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    await buildConsole();
    browser = await launchBrowser(executable ?? '');
  });

  afterAll(() => browser[Symbol.asyncDispose]());

  /** Ada in Rome with one order, and Bruno in Milan. */
  async function shop(): Promise<ServedProject> {
    const project = await serveProject(SHOP);
    await project.ingest(customer(1, 'Ada'), customer(2, 'Bruno', { city: 'Milan' }), order(11, 1));
    return project;
  }

  test('a project without data says how to begin, and what is ingested then appears without a reload', async () => {
    await using project = await serveProject(SHOP);
    await using open = await browser.open();
    const { page } = open;
    await page.goto(project.url);
    await page.getByRole('heading', { name: 'No data yet' }).waitFor();
    await project.ingest(customer(1, 'Ada'));
    await page
      .getByRole('row', { name: /^sv_customers/ })
      .getByRole('cell', { name: '1', exact: true })
      .waitFor();
    expect(await page.getByRole('heading', { name: 'No data yet' }).count()).toBe(0);
    expect(await page.getByRole('table').count()).toBe(2);
  });

  test('rows enter, change and leave as the documents do', async () => {
    await using project = await shop();
    await using open = await browser.open();
    const { page } = open;
    await page.goto(`${project.url}/collections/sv_customers`);
    const row = (name: string) => page.getByRole('row').filter({ hasText: name });
    await row('Ada').waitFor();
    await page.getByText('2 documents').waitFor();

    await project.ingest(customer(3, 'Carla'));
    await row('Carla').waitFor();
    await page.locator('tr[data-mark="enter"]').filter({ hasText: 'Carla' }).waitFor();

    await project.ingest(customer(1, 'Ada', { points: 4122 }));
    await row('Ada').getByRole('gridcell', { name: '4122' }).waitFor();

    await project.ingest(remove('customers', 2));
    await row('Bruno').waitFor({ state: 'detached' });
    await page.getByText('2 documents').waitFor();
    expect(await row('Ada').count()).toBe(1);
  });

  test('a row leaves the result when it no longer matches the filter, and comes back when it does', async () => {
    await using project = await shop();
    await using open = await browser.open();
    const { page } = open;
    await page.goto(`${project.url}/collections/sv_customers`);
    await page.getByRole('row').filter({ hasText: 'Bruno' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('city = Rome');
    await page.keyboard.press('Enter');
    await page.getByText('1 document', { exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.get('filter')).toBe('{"city":"Rome"}');

    await project.ingest(customer(1, 'Ada', { city: 'Paris' }));
    await page.getByText('No document matches').waitFor();
    await project.ingest(customer(2, 'Bruno'));
    await page.getByRole('row').filter({ hasText: 'Bruno' }).waitFor();
  });

  test('what is wrong with a filter is said where it is written', async () => {
    await using project = await shop();
    await using open = await browser.open();
    const { page } = open;
    await page.goto(`${project.url}/collections/sv_customers`);
    const box = page.getByRole('textbox', { name: /^Filter/ });
    await page.getByRole('row').filter({ hasText: 'Ada' }).waitFor();

    await box.fill('{"city": ');
    await box.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'This is not JSON yet' }).waitFor();
    await box.fill('Rome');
    await box.press('Enter');
    await page.getByRole('alert').filter({ hasText: '“Rome” is no condition' }).waitFor();
    await box.fill('{"city": {"$near": 1}}');
    await box.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'Operator $near on "city" is not supported' }).waitFor();
    expect(await box.getAttribute('aria-invalid')).toBe('true');

    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await page.getByRole('row').filter({ hasText: 'Ada' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  test('a condition is put together in a form', async () => {
    await using project = await shop();
    await using open = await browser.open();
    const { page } = open;
    await page.goto(`${project.url}/collections/sv_customers`);
    await page.getByRole('row').filter({ hasText: 'Ada' }).waitFor();
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByLabel('Field', { exact: true }).fill('city');
    await page.getByLabel('Value').fill('Milan');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('1 document', { exact: true }).waitFor();
    await page.getByRole('row').filter({ hasText: 'Bruno' }).waitFor();
    expect(new URL(page.url()).searchParams.get('filter')).toBe('{"city":"Milan"}');
  });

  test('the open document marks the leaf that changes, and its address shows it to somebody else', async () => {
    await using project = await shop();
    await using open = await browser.open();
    const { page } = open;
    await page.goto(`${project.url}/collections/sv_customers`);
    await page.getByRole('row').filter({ hasText: 'Ada' }).click();
    const status = page.locator('[role="treeitem"][data-path="orders[0].status"]');
    await status.filter({ hasText: 'placed' }).waitFor();

    await project.ingest(order(11, 1, { status: 'delivered' }));
    await status.filter({ hasText: 'delivered' }).waitFor();
    expect(await status.getAttribute('data-mark')).toBe('change');
    expect(await page.locator('[role="treeitem"][data-mark]').count()).toBe(1);
    await page.getByText('Changed 1 time since it was opened').waitFor();

    // A change that is out of sight is one press away.
    await page.locator('[role="treeitem"][data-path="orders"]').click();
    await status.waitFor({ state: 'detached' });
    await project.ingest(order(11, 1, { status: 'returned' }));
    await page.getByRole('button', { name: 'Go to the change' }).click();
    await status.filter({ hasText: 'returned' }).waitFor();

    await using other = await browser.open();
    await other.page.goto(page.url());
    await other.page.getByRole('tree').getByText('returned').waitFor();
  });

  test('everything is there after the server was away', async () => {
    await using project = await shop();
    await using open = await browser.open();
    const { page } = open;
    await page.goto(`${project.url}/collections/sv_customers`);
    await page.getByRole('row').filter({ hasText: 'Ada' }).waitFor();
    await project.stop();
    await page.locator('.live-badge[data-state="reconnecting"]').waitFor();
    await page.locator('.connection[data-state="away"]').waitFor();
    expect(await page.getByRole('row').filter({ hasText: 'Ada' }).count()).toBe(1);

    await project.start();
    await project.ingest(customer(5, 'Elsa'));
    await page.getByRole('row').filter({ hasText: 'Elsa' }).waitFor();
    await page.locator('.live-badge[data-state="live"]').waitFor();
    await page.locator('.connection[data-state="on"]').waitFor();
  });

  test('a page that is opened while the server is away loads as soon as it is back', async () => {
    await using project = await shop();
    await using open = await browser.open();
    const { page } = open;
    await page.goto(`${project.url}/pipeline`);
    await page.getByRole('heading', { name: 'Aggregate' }).waitFor();
    await project.stop();
    await page.getByText('The server is away').waitFor();
    await page.getByRole('link', { name: 'Collections', exact: true }).click();
    await page.getByText('The server is away').waitFor();
    await project.start();
    await page.getByText('The server is away').waitFor({ state: 'detached' });
    expect(await page.getByRole('heading', { name: 'Collections' }).count()).toBe(1);
  });

  test('rows and the document are walked with the keyboard alone', async () => {
    await using project = await shop();
    await using open = await browser.open();
    const { page } = open;
    await page.goto(`${project.url}/collections/sv_customers`);
    await page.getByRole('row').filter({ hasText: 'Bruno' }).waitFor();
    await page.getByRole('row').filter({ hasText: 'Ada' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const document = page.getByRole('complementary', { name: 'Document 2' });
    await document.getByRole('treeitem').first().waitFor();
    await document.locator(':focus').waitFor();
    await page.keyboard.press('Tab');
    await document.locator('[role="treeitem"]:focus').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await document.locator('[role="treeitem"]:focus').waitFor();
    await page.keyboard.press('Escape');
    await document.waitFor({ state: 'detached' });
    await page.locator('tr[data-id="2"]:focus').waitFor();
    expect(await page.locator('tr:focus').getAttribute('data-id')).toBe('2');
  });

  test('a guarded server is opened with its token, and with no other', async () => {
    await using project = await serveProject(SHOP, { token: 'open-sesame' });
    await project.ingest(customer(1, 'Ada'));
    await using open = await browser.open();
    const { page } = open;
    await page.goto(`${project.url}/collections/sv_customers`);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('alert').filter({ hasText: 'refused this token' }).waitFor();
    expect(await page.getByText('Ada').count()).toBe(0);
    await page.getByLabel('Token').fill('open-sesame');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('row').filter({ hasText: 'Ada' }).waitFor();
  });

  test('a column sorts up and down, and a paused page stands still', async () => {
    await using project = await shop();
    await using open = await browser.open();
    const { page } = open;
    await page.goto(`${project.url}/collections/sv_customers`);
    const names = () => page.locator('tbody tr[data-id]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-id')));
    await page.getByRole('row').filter({ hasText: 'Bruno' }).waitFor();
    await page.getByRole('button', { name: 'name', exact: true }).click();
    await page.getByRole('button', { name: 'name', exact: true }).click();
    await page.locator('th[aria-sort="descending"]').waitFor();
    await expect.poll(names, { timeout: 20_000 }).toEqual(['2', '1']);

    await page.getByRole('button', { name: 'Pause' }).click();
    await project.ingest(customer(9, 'Zoe'));
    await page.getByText('Paused, 1 update waiting', { exact: true }).waitFor();
    expect(await names()).toEqual(['2', '1']);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(names, { timeout: 20_000 }).toEqual(['9', '2', '1']);
  });
});
