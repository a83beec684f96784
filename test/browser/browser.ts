import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Path of the machine's Chromium. Without one the tests are left out, with a word; on the build server that is a failure. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const found = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name))).find(isProgram);
  if (found !== undefined) return found;
  const reason = `There is no Chromium here (${NAMES.join(', ')} in PATH), so the console is not tested in a browser`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(reason);
  return undefined;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** One Chromium for the tests of a file; each test has a context of its own, and what the page complains of fails it. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  async open(options: BrowserContextOptions = {}): Promise<TestPage> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    return new TestPage(context, await context.newPage());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

export async function launchBrowser(executablePath: string): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
  return new TestBrowser(browser);
}

export class TestPage implements AsyncDisposable {
  readonly page: Page;
  /** What the page threw, and what its policy refused. */
  readonly failures: string[] = [];
  readonly #context: BrowserContext;

  constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => this.failures.push(error.message));
    page.on('console', (message) => {
      // A server that is away or guarded is part of some tests.
      if (message.type() === 'error' && !/ERR_CONNECTION|status of (?:401|503)/.test(message.text())) this.failures.push(message.text());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    if (this.failures.length > 0) throw new Error(`The page complained:\n${this.failures.join('\n')}`);
  }
}
