import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page, Route } from 'playwright-core';
import { startBrowser } from '../browser.ts';
import { until } from '../until.ts';
import { type Answer, answerTo } from './answers.ts';
import { present } from './times.ts';

const files = join(import.meta.dir, '../../../dist/dashboard');
const script = join(import.meta.dir, 'in-page.js');
/** Browsers treat it as a safe origin. Nothing listens there: the routes below answer. */
const origin = 'http://dashboard.localhost';
const contentTypes = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', html: 'text/html; charset=utf-8' };

/** Answers that differ from the usual ones, by the path after `/api/v1/`. */
export type Changes = Readonly<Record<string, Answer>>;

/** The dashboard in a browser, with the same answers, the same clock and the same zone at each run. */
export type Pages = {
  readonly page: Page;
  /** Opens a page, and returns its title, its requests and a part of it: by default all that is in `<main>`. */
  open(path: string, changes?: Changes, selector?: string): Promise<string>;
  /** Waits until nothing is loaded any more, and returns the address, the new requests and a part of the page. */
  shown(selector?: string): Promise<string>;
  /** Returns what a function of in-page.js returns. */
  call(code: string): Promise<string>;
  /** Answers the next requests otherwise. */
  change(changes: Changes): void;
  problems(): string[];
  close(): Promise<void>;
};

/**
 * Starts the built dashboard in a browser.
 * @param zone the time zone of the site
 */
export async function startPages(zone = 'America/Denver'): Promise<Pages> {
  const browser = await startBrowser(origin);
  const page = await browser.open();
  const html = readFileSync(join(files, 'index.html'), 'utf8').replace('{timeZone}', zone);
  const names = new Set(readdirSync(files));
  let changed: Changes = {};

  const answer = (route: Route) => {
    const url = new URL(route.request().url());
    if (!url.pathname.startsWith('/api/')) {
      const name = url.pathname.replace('/assets/', '');
      const isFile = names.has(name);
      const type = isFile ? (name.split('.').at(-1) ?? '') : 'html';
      const contentType = Object.entries(contentTypes).find(([end]) => end === type)?.[1] ?? '';
      return route.fulfill({ contentType, body: isFile ? readFileSync(join(files, name)) : html });
    }
    const { status = 200, json } = changed[url.pathname.replace('/api/v1/', '')] ?? answerTo(url);
    return route.fulfill({ status, json });
  };
  await page.route('**/*', answer);
  await page.addInitScript({ path: script });
  await page.clock.setFixedTime(present);

  const call = (code: string): Promise<string> => page.evaluate(`inPage.${code}`);
  const shown = async (selector = 'main') => {
    await until(
      () => page.evaluate<boolean>('inPage.isSettled()'),
      () => `the page is complete: ${page.url()}`,
      60,
    );
    const address = decodeURIComponent(page.url().slice(origin.length));
    const parts = [
      `${address}: ${await page.title()}`,
      await call('requests()'),
      await call(`describe('${selector}')`),
    ];
    return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
  };
  return {
    page,
    async open(path, changes = {}, selector = 'main') {
      changed = changes;
      await page.goto(path);
      return shown(selector);
    },
    shown,
    call,
    change(changes) {
      changed = changes;
    },
    problems: browser.problems,
    close: browser.close,
  };
}
