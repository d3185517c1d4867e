/** The dashboard in a browser: the pages of the executable, on recorded data. */

import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import { chromiumNeed, startBrowser, type TestBrowser } from '../support/browser.ts';
import { describeThat } from '../support/needs.ts';
import { script, sendRecordedDay } from '../support/recorded-day.ts';
import { newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

describeThat(chromiumNeed)('the dashboard', () => {
  let site: Site;
  let url: string;
  let browser: TestBrowser;
  let page: Page;
  let looks: readonly (readonly [name: string, page: Page])[];
  beforeAll(async () => {
    site = newSite();
    ({ url } = await site.serve());
    await sendRecordedDay(site, url);
    browser = await startBrowser(url);
    page = await browser.open();
    looks = [
      ['light-desk', await browser.open()],
      ['dark-phone', await browser.open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' })],
    ];
  });
  afterAll(async () => {
    await browser?.close();
    await site.remove();
  });
  afterEach(() => expect(browser.problems()).toEqual([]));

  const card = (name: string) => page.getByRole('article', { name });
  /** Waits until a chart is drawn. */
  const drawn = (chart: Locator) => chart.locator('svg path').first().waitFor({ state: 'attached' });
  const text = (of: Page = page) => of.locator('main').innerText();

  test('shows every system on one screen, problems first', async () => {
    await page.goto('/');
    await card('derecho').waitFor();
    expect(await page.getByRole('article').locator('h2').allInnerTexts()).toEqual(['casper', 'derecho', 'jupyterhub']);
    expect(await card('casper').innerText()).toContain('Degraded');
    expect(await card('derecho').innerText()).toMatch(/Up[\s\S]*34\.5\s%[\s\S]*111,743 of 323,712 cores/);
    expect(await card('derecho').innerText()).toMatch(/Free now\s+3,713 cores, 112 GPUs, on 44 nodes/);
    expect(await card('derecho').innerText()).toContain('Cooling work');
    expect(await card('jupyterhub').innerText()).toContain('530');
    expect(await text()).toContain('1 of 3 degraded');
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBeLessThanOrEqual(800);
  });

  test('shows the text of users as text', async () => {
    await page.goto('/outages?id=1');
    await page.getByRole('heading', { name: script }).waitFor();
    expect(await page.locator('main script').count()).toBe(0);
    expect((await text()).split(script).length - 1).toBeGreaterThanOrEqual(4);
  });

  test('sorts a table by its headings, and keeps that in the address', async () => {
    await page.goto('/systems/derecho');
    await page.getByRole('button', { name: 'Cores used' }).first().click();
    const names = page.getByRole('table', { name: 'Queues of derecho', exact: true }).locator('tbody th');
    expect(await names.first().innerText()).toBe('cpu');
    expect(page.url()).toContain('sort-queues=-cores');
    await page.reload();
    expect(await names.first().innerText()).toBe('cpu');
  });

  test('folds the queues without jobs', async () => {
    await page.goto('/systems/derecho');
    await page.getByText(/2 queues without jobs: preempt, develop/).waitFor();
    expect(await page.getByRole('link', { name: 'preempt' }).isVisible()).toBe(false);
  });

  test('opens the history of a row, and goes back with the button of the browser', async () => {
    await page.goto('/systems/derecho');
    await page.getByRole('link', { name: 'cpu', exact: true }).click();
    await page.getByRole('heading', { name: 'History of queue cpu' }).waitFor();
    await page.getByText('Running jobs of queue cpu were').first().waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'If you submit now' }).waitFor();
  });

  test('marks gaps, failed probes and outages in a history', async () => {
    await page.goto('/systems/derecho/history');
    await page.getByText('events are marked in the charts').click();
    const events = await page.getByRole('list', { name: 'Events' }).innerText();
    expect(events).toMatch(/No snapshots: .*1 h 4\d min|No snapshots: .*1 h 50 min/);
    expect(events).toMatch(/Probe filesystems failed: .* UTC, (50 min|1 h)/);
    expect(events).toMatch(/critical: Scratch did not answer: .* UTC, 2 h/);
  });

  test('shows the numbers of a chart as a table with one key, and reads them out with the arrow keys', async () => {
    await page.goto('/systems/derecho/history?field=running_jobs');
    const chart = page.getByRole('img', { name: /^Running jobs of derecho were/ });
    await drawn(chart);
    await chart.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('[aria-live]').first().textContent()).toContain('Running: 243 jobs');
    await page.keyboard.press('t');
    const numbers = page.getByRole('table', { name: /^Running jobs/ });
    expect(await numbers.locator('tbody tr').last().innerText()).toContain('243');
    expect(await numbers.getByText('–').count(), 'a gap is no number').toBeGreaterThan(0);
  });

  test('saves the numbers of a chart as CSV', async () => {
    await page.goto('/systems/derecho/history?field=running_jobs');
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: /^CSV of: Running jobs/ }).click();
    const file = await (await downloading).createReadStream();
    const csv = await new Response(file as unknown as ReadableStream).text();
    expect(csv.split('\r\n')[0]).toBe('Time,Running (jobs),Pending (jobs),Held (jobs)');
  });

  test('zooms to the stretch that is marked with the mouse, and the address is the whole view', async () => {
    await page.goto('/systems/derecho/history');
    const chart = page.getByRole('img', { name: /^CPU utilization of derecho/ });
    await drawn(chart);
    // Charts below move while the ones above are drawn, so mark again until the page has zoomed.
    await until(async () => {
      const box = await chart.boundingBox();
      if (!box) return false;
      await page.mouse.move(box.x + box.width * 0.7, box.y + 100);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.9, box.y + 110, { steps: 5 });
      await page.mouse.up();
      return /from=.*&to=/.test(page.url());
    }, 'the page zooms');
    const address = page.url();
    const other = await browser.open();
    await other.goto(address);
    await drawn(other.getByRole('img', { name: /^CPU utilization of derecho/ }));
    expect(await other.getByRole('button', { pressed: true }).count()).toBe(0);
    await page.goBack();
    await page.getByRole('button', { name: '24 h', pressed: true }).waitFor();
  });

  test('lists open, planned and past outages', async () => {
    await page.goto('/outages');
    await page.getByRole('link', { name: 'Scratch did not answer' }).click();
    await page.getByRole('heading', { name: 'derecho: Scratch did not answer' }).waitFor();
    expect(page.url()).toContain('id=2');
    expect(await text()).toMatch(/Planned\s+derecho: Cooling work/);
    expect(await page.getByRole('img', { name: /of the last \d+ days had an outage/ }).count()).toBe(1);
  });

  test('says so loudly when data are old', async () => {
    const late = await browser.open();
    await late.clock.install({ time: Date.now() + 23 * 60_000 });
    await late.goto('/systems/derecho');
    await late.getByText(/No data for 2\d min\./).waitFor();
    await late.goto('/');
    await late
      .getByText(/no data for 2\d min/)
      .first()
      .waitFor();
  });

  test('keeps the last data while the receiver answers with an error, and says so', async () => {
    const own = await browser.open();
    await own.clock.install();
    await own.goto('/');
    await own.getByRole('article', { name: 'derecho' }).waitFor();
    await own.route('**/api/v1/overview', (route) =>
      route.fulfill({ status: 503, json: { error: 'The database of the receiver is busy' } }),
    );
    await own.clock.fastForward(61_000);
    await own.getByRole('alert').getByText('The database of the receiver is busy').waitFor();
    expect(await own.getByRole('article').count()).toBe(3);
    await own.unroute('**/api/v1/overview');
    await own.getByRole('button', { name: 'Try again' }).click();
    await own.getByRole('alert').waitFor({ state: 'detached' });
  });

  test('asks for a login where one is needed, and says what is forbidden', async () => {
    const own = await browser.open();
    await own.route('**/api/v1/**', (route) =>
      route.fulfill({ status: 401, json: { error: 'Authentication required' } }),
    );
    await own.goto('/');
    await own.getByRole('heading', { name: 'Sign in' }).waitFor();
    await own.unroute('**/api/v1/**');
    await own.route('**/api/v1/**', (route) =>
      route.fulfill({ status: 403, json: { error: 'User anna lacks the scope read' } }),
    );
    await own.goto('/outages');
    await own.getByText('You may not see this. User anna lacks the scope read').waitFor();
  });

  test('says what to do while no system has sent anything', async () => {
    const own = await browser.open();
    await own.route('**/api/v1/overview', (route) =>
      route.fulfill({ json: { systems: [], outages: [], reservations: [] } }),
    );
    await own.goto('/');
    await own.getByText('No system has sent a snapshot yet').waitFor();
    expect(await text(own)).toContain('hpc-collector serve user add');
  });

  test('can be used with the keyboard alone', async () => {
    await page.goto('/');
    await card('casper').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineWidth')).toBe('2px');
  });

  test('shows times in the zone of the site, and in UTC on demand', async () => {
    const own = await browser.open();
    await own.goto('/outages');
    await own.getByLabel('Show times in UTC').check();
    await own.getByText('Times are in UTC.').waitFor();
    await own.getByRole('heading', { name: 'Open' }).waitFor();
    expect(await text(own)).toMatch(/began \w{3} \d+ \w{3,4}, \d\d:\d\d UTC/);
  });

  test.each([
    ['overview', '/'],
    ['system', '/systems/casper'],
    ['hub', '/systems/jupyterhub'],
    ['history', '/systems/derecho/history'],
    ['outages', '/outages?id=1'],
    ['about', '/about'],
  ])('the page %s has no barriers, in both colours, on a desk and on a phone', async (name, path) => {
    for (const [look, own] of looks) {
      await own.goto(path, { waitUntil: 'networkidle' });
      expect(await browser.accessibility(own)).toEqual([]);
      expect(await own.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'it fits').toBe(true);
      await browser.screenshot(own, `${name}-${look}`);
    }
  });
});
