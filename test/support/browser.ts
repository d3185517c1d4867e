import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Need } from './needs.ts';

const executablePath = '/usr/bin/chromium';
const screenshots = join(import.meta.dir, '../../dist/screenshots');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium. */
export const chromiumNeed: Need = [existsSync(executablePath), 'chromium'];

/** A browser that notes what must not happen on any page. */
export type TestBrowser = {
  /** Opens a page, by default of 1280 × 800 in light colours. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /**
   * Returns what went wrong since the last call: errors in the console or on a page, violations of the content security
   * policy, and requests to other places than the receiver.
   */
  problems(): string[];
  /** Waits until the page has loaded what it asks for, and returns the findings of axe-core. */
  accessibility(page: Page): Promise<string[]>;
  /** Writes a picture of the page to dist/screenshots. */
  screenshot(page: Page, name: string): Promise<void>;
  close(): Promise<void>;
};

/**
 * Starts Chromium.
 * @param origin the address of the receiver
 */
export async function startBrowser(origin: string): Promise<TestBrowser> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const contexts: BrowserContext[] = [];
  let problems: string[] = [];
  mkdirSync(screenshots, { recursive: true });
  return {
    async open(options = {}) {
      const context = await browser.newContext({
        baseURL: origin,
        viewport: { width: 1280, height: 800 },
        timezoneId: 'Europe/Berlin',
        locale: 'en-GB',
        ...options,
      });
      contexts.push(context);
      context.setDefaultTimeout(30_000);
      await context.addInitScript(
        "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI))",
      );
      context.on('request', (request) => {
        if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()))
          problems.push(`request to ${request.url()}`);
      });
      context.on('console', (message) => {
        // Chromium itself logs an error for each refused request, which the tests of refusals expect.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          problems.push(message.text());
      });
      context.on('weberror', (error) => problems.push(error.error().message));
      return context.newPage();
    },
    problems() {
      const found = problems;
      problems = [];
      return found;
    },
    async accessibility(page) {
      await page.evaluate(`${axe};0`);
      // axe.run returns far more, but only its violations are read.
      const findings: string[] = await page.evaluate(
        "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target).join(' ')))",
      );
      return findings;
    },
    async screenshot(page, name) {
      await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
    },
    async close() {
      for (const context of contexts) await context.close();
      await browser.close();
    },
  };
}
