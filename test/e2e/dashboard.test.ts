/** The dashboard in a browser: the pages of the executable, on recorded data. */

import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { hostname } from 'node:os';
import type { Locator, Page, Request } from 'playwright-core';
import { madeJobs } from '../../src/commands/demo/made-jobs.ts';
import { chromiumNeed, startBrowser, type TestBrowser } from '../support/browser.ts';
import { describeThat } from '../support/needs.ts';
import { script, sendRecordedDay } from '../support/recorded-day.ts';
import { credentials, newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

describeThat(chromiumNeed)('the dashboard', () => {
  let site: Site;
  let url: string;
  let browser: TestBrowser;
  let page: Page;
  let looks: readonly (readonly [name: string, page: Page])[];
  /** The requests of those pages that were refused: the browser logs an error for each. */
  const refused: string[] = [];
  beforeAll(async () => {
    site = newSite();
    ({ url } = await site.serve());
    await sendRecordedDay(site, url);
    browser = await startBrowser(url);
    page = await browser.open();
    looks = [
      ['desk', await browser.open()],
      ['phone', await browser.open({ viewport: { width: 390, height: 844 } })],
    ];
    for (const [, own] of looks) {
      own.on(
        'response',
        (answer) => void (answer.status() >= 400 && refused.push(`${answer.status()} ${answer.url()}`)),
      );
    }
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

  test('opens the history of a figure on the overview', async () => {
    await page.goto('/');
    await card('derecho')
      .getByRole('link', { name: /pending$/ })
      .click();
    await page.getByRole('heading', { name: 'History of derecho' }).waitFor();
    await page.getByRole('img', { name: /^Running jobs of derecho were/ }).waitFor();
  });

  test('shows six systems on one screen', async () => {
    const own = await browser.open();
    await own.route('**/api/v1/overview', async (route) => {
      const overview = await (await route.fetch()).json();
      const [casper, derecho] = overview.systems;
      const more = ['aurora', 'gust', 'cheyenne'].map((name) => ({ ...derecho, name }));
      await route.fulfill({ json: { ...overview, systems: [...overview.systems, ...more, casper].slice(0, 6) } });
    });
    await own.goto('/');
    await own.getByRole('article', { name: 'aurora' }).waitFor();
    expect(await own.getByRole('article').count()).toBe(6);
    expect(await own.evaluate('document.documentElement.scrollHeight')).toBeLessThanOrEqual(800);
  });

  test('shows text from users as text, not as markup', async () => {
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

  test('hides queues without jobs until they are opened', async () => {
    await page.goto('/systems/derecho');
    await page.getByText(/2 queues without jobs: preempt, develop/).waitFor();
    expect(await page.getByRole('link', { name: 'preempt' }).isVisible()).toBe(false);
  });

  test('opens the history of a row, and the back button returns', async () => {
    await page.goto('/systems/derecho');
    await page.getByRole('link', { name: 'cpu', exact: true }).click();
    await page.getByRole('heading', { name: 'History of queue cpu' }).waitFor();
    await page.getByText('Running jobs of queue cpu were').first().waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'If you submit now' }).waitFor();
  });

  test.each([
    ['project', '/systems/derecho', 'Jobs of derecho by project', /^Running jobs of project \S+ were/],
    ['user', '/systems/derecho?by=user', 'Jobs of derecho by user', /^Running jobs of user \S+ were/],
    ['reservation', '/systems/derecho', 'Reservations of derecho', 'First report'],
  ])('opens the history of a %s', async (kind, path, table, shown) => {
    await page.goto(path);
    const link = page.getByRole('table', { name: table, exact: true }).locator('tbody th a').first();
    const name = await link.innerText();
    await link.click();
    await page.getByRole('heading', { name: `History of ${kind} ${name}` }).waitFor();
    await page.getByText(shown).first().waitFor();
  });

  test('shows the sessions of a hub by class, and opens the history of a class', async () => {
    await page.goto('/systems/jupyterhub');
    await page.getByRole('heading', { name: 'Sessions by class' }).waitFor();
    expect(await text()).toMatch(/Casper login nodes\s+401\s+Casper batch jobs\s+120\s+Derecho batch jobs\s+9/);
    await page.getByRole('link', { name: '120', exact: true }).click();
    await page.getByRole('img', { name: /^Casper login sessions of jupyterhub were 401 on average/ }).waitFor();
  });

  test('marks gaps, failed probes and outages in a history', async () => {
    await page.goto('/systems/derecho/history');
    await page.getByText('events are marked in the charts').click();
    const events = await page.getByRole('list', { name: 'Events' }).innerText();
    expect(events).toMatch(/No snapshots: .*1 h 4\d min|No snapshots: .*1 h 50 min/);
    expect(events).toMatch(/Probe filesystems failed: .* UTC, (50 min|1 h)/);
    expect(events).toMatch(/critical: Scratch did not answer: .* UTC, 2 h/);
  });

  test('shows the numbers of a chart as a table with one key, and announces them with the arrow keys', async () => {
    await page.goto('/systems/derecho/history?field=running_jobs');
    const chart = page.getByRole('img', { name: /^Running jobs of derecho were/ });
    await drawn(chart);
    await chart.focus();
    // The newest step is empty if it has begun since the last snapshot.
    await until(async () => {
      await page.keyboard.press('ArrowLeft');
      return (await page.locator('[aria-live]').first().textContent())?.includes('Running: 243 jobs') ?? false;
    }, 'the newest value is read out');
    await page.keyboard.press('t');
    const numbers = page.getByRole('table', { name: /^Running jobs/ });
    expect(await numbers.getByRole('cell', { name: '243', exact: true }).count()).toBe(1);
    expect(await numbers.getByText('–').count(), 'a gap is no number').toBeGreaterThan(0);
  });

  test('prints charts in light colours and as wide as paper, so that their text can be read', async () => {
    const own = await browser.open({ colorScheme: 'dark' });
    await own.goto('/systems/derecho');
    const chart = own.getByRole('img', { name: /comes first/ });
    await drawn(chart);
    const look = () =>
      own.evaluate<{ width: number; label: string | null }>(
        `(() => { const svg = document.querySelector('.canvas svg'); return {
           width: svg.viewBox.baseVal.width, label: svg.querySelector('text').getAttribute('fill') } })()`,
      );
    const onScreen = await look();
    expect(onScreen.width).toBeGreaterThan(1000);
    await own.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await look()).toEqual({ width: 700, label: '#56606b' });
    await own.evaluate("dispatchEvent(new Event('afterprint'))");
    await until(async () => Bun.deepEquals(await look(), onScreen), 'the chart is as before');
  });

  test('saves the numbers of a chart as CSV', async () => {
    await page.goto('/systems/derecho/history?field=running_jobs');
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: /^CSV of: Running jobs/ }).click();
    const file = await (await downloading).createReadStream();
    const csv = await new Response(file as unknown as ReadableStream).text();
    expect(csv.split('\r\n')[0]).toBe('Time,Running (jobs),Pending (jobs),Held (jobs)');
  });

  test('zooms to the range that is selected with the mouse, and the address has the whole view', async () => {
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
      await page.waitForURL(/from=.*&to=/, { timeout: 3000 }).catch(() => {});
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

  test('shows the usage of a year, filters it, and keeps the filter in the address', async () => {
    const asked: string[] = [];
    const note = (request: Request) => {
      if (request.url().includes('/api/')) asked.push(new URL(request.url()).pathname);
    };
    await page.goto('/usage?measure=jobs');
    const jobs = () => page.locator('dt:text-is("Jobs") + dd [title]').first().getAttribute('title');
    const all = await jobs();
    expect(Number(all?.replace(',', ''))).toBeGreaterThan(10_000);
    await page.getByLabel('Filter').selectOption('Partition');
    await page.getByLabel('Search Partition').fill('gp');
    await page.getByRole('checkbox', { name: /^gpu/ }).waitFor();
    page.on('request', note);
    await page.getByRole('checkbox', { name: /^gpu/ }).check();
    await page.waitForURL(/partition=gpu/);
    await page.getByRole('button', { name: 'Remove the filter Partition gpu' }).waitFor();
    await until(async () => (await jobs()) !== all, 'the filter counts');
    expect(asked).toEqual(['/api/v1/usage/page']);
    await page.getByText(/^Node n\d+ had .* of the jobs, more than any other\.$/).waitFor();
    page.off('request', note);
    await page.goBack();
    await until(async () => (await jobs()) === all, 'all jobs count again');
  });

  test('names as many groups as the reader chooses, and the others together', async () => {
    await page.goto('/usage?by=user');
    const rows = page.getByRole('table', { name: 'Usage by user' }).locator('tbody tr');
    await until(async () => (await rows.count()) === 9, 'eight users are named');
    await page.getByLabel('Named').selectOption('16 largest');
    await page.waitForURL(/top=16/);
    await until(async () => (await rows.count()) === 17, 'sixteen users are named');
  });

  test('has a page for an account, and a report of a month', async () => {
    await page.goto('/usage');
    await page.getByRole('link', { name: 'physics-cfd' }).click();
    await page.getByRole('heading', { name: 'Usage of the account physics-cfd' }).waitFor();
    const jobs = page.getByRole('table', { name: 'Jobs, the newest end first' });
    const first = jobs.locator('tbody th').first();
    const newest = await first.innerText();
    await page.getByRole('link', { name: 'Older jobs' }).click();
    await page.waitForURL(/jobs-after=/);
    await until(async () => (await first.innerText()) !== newest, 'older jobs are listed');
    await page.getByRole('link', { name: 'Newest jobs' }).click();
    await until(async () => (await first.innerText()) === newest, 'the newest jobs are listed again');
    await page.goBack();
    await page.waitForURL(/jobs-after=/);
    await page.getByRole('button', { name: '30 days' }).click();
    await page.waitForURL((url) => url.searchParams.has('range') && !url.searchParams.has('jobs-after'));
    await until(async () => (await first.innerText()) === newest, 'other days begin with their newest jobs');
    await first.getByRole('link').click();
    await page.getByRole('heading', { name: `Job ${newest} on derecho` }).waitFor();
    await page.goto('/usage/month/2026-10');
    await page.getByRole('heading', { name: 'Usage in October 2026' }).waitFor();
    await page.getByText('1 Oct 2026 to 31 Oct 2026').waitFor();
  });

  test('opens the page of a job by its id, with what its processes used', async () => {
    await page.goto('/usage');
    await page.getByLabel('Job id').fill('1');
    await page.getByRole('button', { name: 'Show the job' }).click();
    await page.getByRole('heading', { name: 'Job 1 on derecho' }).waitFor();
    expect(await page.getByRole('row', { name: /python3/ }).innerText()).toMatch(/87\.8\s+3,141\.7/);
    expect(await text()).toMatch(/CPU efficiency\s+74\.6\s%\s*of 1\.33 CPU hours[\s\S]*Peak memory\s+5\sGiB/);
    await page.goto('/jobs/derecho/none');
    await page.getByText('There is no job none on derecho that you may see').waitFor();
  });

  test('shows the expected wait, and the utilisation of the available hours', async () => {
    await page.goto('/systems/derecho');
    await page.getByText('Expected wait').waitFor();
    await page
      .getByRole('status')
      .getByText(/not enough data|half under/)
      .waitFor();
    await page.goto('/usage?range=7d');
    await page
      .getByText(/of the CPU hours of derecho that were up, known for \d of 7 days/)
      .first()
      .waitFor();
    await page.goto('/outages?id=2');
    await page.getByText(/No finished job failed|Jobs that ended meanwhile/).waitFor();
  });

  test('keeps scroll position, focus and input when it refreshes', async () => {
    const own = await browser.open({ viewport: { width: 1280, height: 500 } });
    await own.clock.install();
    await own.goto('/usage');
    await own.getByLabel('Filter').selectOption('Account');
    const search = own.getByLabel('Search Account');
    await search.fill('phy');
    await own.getByRole('heading', { name: 'The largest by account' }).waitFor();
    await own.evaluate('scrollTo(0, 120)');
    const again = own.waitForResponse(/usage\/page/);
    await own.clock.fastForward(61_000);
    await again;
    expect(await search.inputValue()).toBe('phy');
    expect(await own.evaluate('[document.activeElement.type, scrollY]')).toEqual(['search', 120]);
  });

  test('names what to change if no job matches', async () => {
    await page.goto('/usage?from=2020-01-01&to=2020-01-31');
    await page.getByText('No finished jobs match these days and filters.').waitFor();
    await page.goto('/usage/user/nobody');
    await page.getByText('No job has the user nobody. Change the filters').waitFor();
  });

  test('says to users that they have no jobs, which is not an error', async () => {
    const own = await browser.open();
    const errors: string[] = [];
    own.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())));
    await own.goto('/sign-in');
    await own.getByLabel('User').fill(credentials.user);
    await own.getByLabel('Password').fill(credentials.password);
    await own.getByRole('button', { name: 'Sign in' }).click();
    await own.getByRole('button', { name: 'Sign out' }).waitFor();
    await own.goto(`/usage/user/${credentials.user}`);
    await own.getByText('No finished job of yours has been received yet.').waitFor();
    expect(errors).toEqual([]);
  });

  test.each(['/usage/nothing/x', '/usage/month/2026-13'])('has no page at %s', async (path) => {
    await page.goto(path);
    await page.getByRole('heading', { name: 'No such page' }).waitFor();
  });

  test('shows who uses a system over time', async () => {
    await page.goto('/systems/derecho/history?of=projects');
    await drawn(page.getByRole('img', { name: /comes first/ }));
    await page.getByLabel('Measure').selectOption('jobs');
    await page.waitForURL(/metric=jobs/);
  });

  test('shows planned events as a time line, a list and a month', async () => {
    await page.goto('/events');
    await page.getByRole('img', { name: /in the next 14 days/ }).waitFor();
    await page.getByRole('table', { name: 'Events', exact: true }).getByText('Cooling work').waitFor();
    await page.getByRole('link', { name: 'Month after' }).click();
    await page.waitForURL(/month=/);
  });

  test('lets a user who may report sign in, report an outage, and resolve it', async () => {
    const own = await browser.open();
    await own.goto('/sign-in');
    await own.getByLabel('User').fill(credentials.user);
    await own.getByLabel('Password').fill(credentials.password);
    await own.getByRole('button', { name: 'Sign in' }).click();
    await own.getByRole('button', { name: 'Sign out' }).waitFor();
    await own.goto('/outages');
    await own.getByText('Report an outage or maintenance').click();
    await own.getByRole('textbox', { name: 'System', exact: true }).fill('casper');
    await own.getByLabel('Title, for users').fill("The 'vis' queue is slow");
    await own.getByText("--title 'The '\\''vis'\\'' queue is slow' --severity minor").waitFor();
    await own.getByRole('button', { name: 'Report', exact: true }).click();
    await own.getByRole('link', { name: "casper: The 'vis' queue is slow" }).click();
    await own.getByText('Update or resolve').click();
    await own.getByLabel('Status').selectOption('monitoring');
    await own.getByRole('button', { name: 'Update', exact: true }).click();
    await own.getByText('status: monitoring').waitFor();
    await own.getByRole('button', { name: 'Resolve', exact: true }).click();
    await own.getByText('status: resolved').waitFor();
    await own.getByRole('button', { name: 'Sign out' }).click();
    await own.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
  });

  test('shows operators the deliveries of each collector, and refused ones', async () => {
    site.api(url);
    site.localSystem('casper');
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
    await page.goto('/collectors');
    await page.getByRole('heading', { name: hostname() }).waitFor();
    expect(await text()).toMatch(/Last delivery .*, nothing pending/);
  });

  test('shows everything except names to the public, and their own jobs to users who may not see names', async () => {
    const open = site.start([
      'serve',
      '--public',
      '--behind-proxy',
      '--listen',
      '127.0.0.1:0',
      '--database',
      `${site.directory}/receiver.db`,
    ]);
    const [, address = ''] = await open.said(/Listening on (\S+)/);
    const database = `${site.directory}/receiver.db`;
    const user = ['serve', 'user', 'add', 'user07', '--scope', 'read', '--password-stdin', '--database', database];
    expect(await site.start(user, { stdin: `${credentials.password}\n` }).ended).toMatchObject({ exit: 0 });
    const outside = {
      'X-Forwarded-For': '203.0.113.7',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': new URL(address).host,
    };
    const publicBrowser = await startBrowser(address);
    try {
      const own = await publicBrowser.open({ extraHTTPHeaders: outside });
      await own.goto('/systems/derecho');
      await own.getByRole('heading', { name: 'Projects', exact: true }).waitFor();
      expect(await own.locator('[aria-pressed]').getByText('Users').count()).toBe(0);
      expect(await text(own)).not.toContain('vanderwb');
      await own.goto('/usage');
      await own.getByRole('heading', { name: 'The largest by account' }).waitFor();
      expect(await own.getByLabel('Divided by').innerText()).not.toContain('User');
      await own.goto('/usage/account/physics-cfd');
      await own.getByRole('heading', { name: 'The largest by partition' }).waitFor();
      expect(await own.getByRole('heading', { name: 'Latest jobs' }).count()).toBe(0);
      await own.goto('/outages');
      await own.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
      expect(await own.getByText('Report an outage or maintenance').count()).toBe(0);
      expect(await own.getByRole('link', { name: 'Collectors' }).count(), 'hosts are for operators').toBe(0);

      await own.goto('/sign-in');
      await own.getByLabel('User').fill('user07');
      await own.getByLabel('Password').fill(credentials.password);
      await own.getByRole('button', { name: 'Sign in' }).click();
      await own.getByRole('button', { name: 'Sign out' }).waitFor();
      await own.goto('/usage');
      await own.getByRole('link', { name: 'My usage' }).click();
      await own.getByRole('heading', { name: 'Usage of the user user07' }).waitFor();
      await own.getByRole('heading', { name: 'The largest by account' }).waitFor();
      await own.getByRole('heading', { name: 'Latest jobs' }).waitFor();
      const jobOf = (user: string) => String(madeJobs(Date.now()).find(({ User }) => User === user)?.JobID);
      await own.goto(`/jobs/derecho/${jobOf('user07')}`);
      await own.getByRole('link', { name: 'user07' }).waitFor();
      await own.goto(`/jobs/derecho/${jobOf('user00')}`);
      await own.getByText('that you may see').waitFor();
      await own.getByRole('link', { name: 'Collectors' }).waitFor();
      await own.goto('/usage/user/user00');
      await own.getByText('User user07 lacks the scope read:names').waitFor();
      expect(publicBrowser.problems()).toEqual([]);
    } finally {
      await publicBrowser.close();
      open.kill('SIGTERM');
    }
  });

  test('shows a clear warning when data are old', async () => {
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

  test('keeps the last data while the receiver answers with an error, and shows the error', async () => {
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

  test('says on the page of an account that the rights of the reader could not be loaded', async () => {
    const own = await browser.open();
    await own.route('**/api/v1/session', (route) =>
      route.fulfill({ status: 503, json: { error: 'The database of the receiver is busy' } }),
    );
    await own.goto('/usage/account/physics-cfd');
    await own.getByRole('alert').getByText('The database of the receiver is busy').waitFor();
  });

  test('asks for a login if one is needed, and explains what is forbidden', async () => {
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

  test('explains what to do while no cluster has sent a finished job', async () => {
    const own = await browser.open();
    await own.route('**/api/v1/usage/page?*', async (route) => {
      const { usage, ...page } = await (await route.fetch()).json();
      const empty = { ...usage, clusters: [], total: { jobs: 0 }, groups: [], others: null };
      await route.fulfill({ json: { ...page, usage: empty, utilisation: [] } });
    });
    await own.goto('/usage');
    await own.getByText('No finished jobs have been received yet.').waitFor();
  });

  test('explains what to do while no system has sent anything', async () => {
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

  const walked = [
    '/',
    '/systems/derecho',
    '/systems/jupyterhub',
    '/systems/derecho/history',
    '/events',
    '/outages?id=1',
  ];
  test.each([...walked, '/usage', '/jobs/derecho/1', '/collectors', '/about'])(
    'the keyboard reaches every control of %s, and shows where it is',
    async (path) => {
      await page.goto(path, { waitUntil: 'networkidle' });
      const controls = 'a[href], button, select, input, textarea, summary, [tabindex="0"]';
      const expected = await page
        .locator(controls)
        .evaluateAll((all) => all.filter((one) => one.checkVisibility()).length);
      const reached = new Set<string>();
      for (;;) {
        await page.keyboard.press('Tab');
        const place = await page.evaluate<string | null>(
          `(() => { const one = document.activeElement; const { x, y } = one.getBoundingClientRect();
             const { outlineStyle, outlineWidth } = getComputedStyle(one);
             return one === document.body ? null : [one.tagName, one.textContent, x + scrollX, y + scrollY, outlineStyle, outlineWidth].join(' '); })()`,
        );
        if (place === null) break;
        expect(place).toEndWith(' solid 2px');
        reached.add(place);
      }
      expect(reached.size).toBe(expected);
    },
  );

  test('shows times in the zone of the site, and in UTC on demand if that is another', async () => {
    const own = await browser.open();
    await own.route('**/outages', async (route) => {
      if (route.request().resourceType() !== 'document') return route.fallback();
      const response = await route.fetch();
      const body = (await response.text()).replace(/data-time-zone="[^"]*"/, 'data-time-zone="America/Denver"');
      return route.fulfill({ response, body });
    });
    const began = /began \w{3} \d+ \w{3,4}, \d\d:\d\d (\w+)/;
    await own.goto('/events');
    await own.getByText('Times are in UTC.').waitFor();
    expect(await own.getByLabel('Show times in UTC').count(), 'there is nothing to choose').toBe(0);
    await own.goto('/outages');
    await own.getByText('Times are in America/Denver.').waitFor();
    await own.getByRole('heading', { name: 'Open' }).waitFor();
    expect(began.exec(await text(own))?.[1]).toMatch(/^M[SD]T$/);
    await own.getByLabel('Show times in UTC').check();
    await own.getByText('Times are in UTC.').waitFor();
    expect(began.exec(await text(own))?.[1]).toBe('UTC');
  });

  /** The pages, and how many requests load the data of each. */
  test.each([
    ['overview', '/', 1],
    ['system', '/systems/casper', 2],
    ['hub', '/systems/jupyterhub', 1],
    ['history', '/systems/derecho/history', 1],
    ['outages', '/outages?id=1', 2],
    ['events', '/events', 1],
    ['usage', '/usage', 1],
    ['usage-account', '/usage/account/physics-cfd', 2],
    ['job', '/jobs/derecho/1', 1],
    ['collectors', '/collectors', 1],
    ['sign-in', '/sign-in', 0],
    ['about', '/about', 0],
  ])(
    'the page %s has no barriers, in both colours, on a desk and on a phone, and loads its data in few requests',
    async (name, path, expected) => {
      for (const [look, own] of looks) {
        const asked: string[] = [];
        const note = (request: Request) => {
          const { pathname } = new URL(request.url());
          // Each page also asks who the reader is.
          if (pathname.startsWith('/api/') && pathname !== '/api/v1/session') asked.push(pathname);
        };
        own.on('request', note);
        await own.goto(path, { waitUntil: 'networkidle' });
        own.off('request', note);
        expect(asked).toHaveLength(expected);
        expect(await own.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'it fits').toBe(true);
        for (const colorScheme of ['light', 'dark'] as const) {
          await own.emulateMedia({ colorScheme });
          expect(await browser.accessibility(own)).toEqual([]);
          await browser.screenshot(own, `${name}-${colorScheme}-${look}`);
        }
      }
      expect(refused).toEqual([]);
    },
  );
});
