/** What the controls of the dashboard do, with fixed answers of a receiver, at a fixed time. */

import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { chromiumNeed } from '../support/browser.ts';
import { stranger } from '../support/dashboard/answers.ts';
import { type Pages, startPages } from '../support/dashboard/pages.ts';
import { describeThat } from '../support/needs.ts';

describeThat(chromiumNeed)('the controls of the dashboard', () => {
  let pages: Pages;
  beforeAll(async () => {
    pages = await startPages();
  });
  afterAll(() => pages?.close());
  afterEach(() => expect(pages.problems()).toEqual([]));

  const button = (name: string) => pages.page.getByRole('button', { name, exact: true });
  const field = (name: string) => pages.page.getByLabel(name, { exact: true });
  const choice = (name: string) => pages.page.locator('label', { hasText: new RegExp(`^${name}`) }).locator('select');
  const link = (name: string) => pages.page.getByRole('link', { name, exact: true });
  /** Does one thing after another, and returns the address, the requests and the parts of the page after each. */
  const after = async (selector: string, ...actions: readonly (() => Promise<unknown>)[]) => {
    const seen: string[] = [];
    for (const act of actions) {
      await act();
      seen.push(await pages.shown(selector));
    }
    return seen.join('\n');
  };

  test.each([
    '/systems/derecho',
    '/systems/derecho/history?of=reservations&name=R7',
    '/systems/derecho/history?of=login-nodes&name=login1',
    '/outages',
    '/events',
    '/usage/account/bio',
    '/jobs/derecho/4711',
    '/jobs/casper/4712',
    '/collectors',
  ])('sort each table of %s, and save what the page shows', async (path) => {
    await pages.open(path);
    expect(await pages.call('sortTables()')).toMatchSnapshot();
    expect(await pages.call('files()')).toMatchSnapshot();
  });

  test('lead to the other pages, and show times in UTC', async () => {
    await pages.open('/systems/derecho/history?of=reservations&name=R7');
    const frame = '.skip, .header, .footer, .pairs';
    const focus = () => pages.page.evaluate<string>('document.activeElement.id + " " + scrollY + " " + history.length');
    expect(await pages.shown(frame)).toMatchSnapshot();
    expect(await after(frame, () => field('Show times in UTC').check())).toMatchSnapshot();
    expect(
      await after(
        frame,
        () => pages.page.reload(),
        () => field('Show times in UTC').uncheck(),
      ),
    ).toMatchSnapshot();
    await pages.page.evaluate('scrollTo(0, 9999)');
    expect(await after('.header', () => link('Outages').click())).toMatchSnapshot();
    await pages.page.waitForFunction('document.activeElement.id === "content"');
    const before = await focus();
    expect(before).toStartWith('content 0 ');
    expect(await after('.header', () => link('Outages').click())).toMatchSnapshot();
    expect(await focus()).toEndWith(before.replace(/.* /, ' '));
    expect(await after('.header', () => pages.page.goBack())).toMatchSnapshot();
  });

  test('are fewer for a reader outside of the site', async () => {
    const changes = { session: { json: stranger } };
    expect(await pages.open('/usage/account/bio', changes, '.header, .heading, .toolbar')).toMatchSnapshot();
    expect(await pages.open('/usage/user/anna', changes, '.header, .heading, .toolbar')).toMatchSnapshot();
  });

  test('choose the days, the measure and the division of the usage', async () => {
    await pages.open('/usage/account/bio', { 'usage/page': { json: { problem: 'No jobs' } } });
    const seen = await after(
      '.choice button[aria-pressed=true]',
      ...['7 days', '30 days', '90 days', '1 year', 'All'].map((name) => () => button(name).click()),
      () => choice('Measure').selectOption('jobs'),
      () => choice('Divided by').selectOption('software'),
      () => choice('Period').selectOption('quarter'),
      () => choice('Period').selectOption(''),
      () => choice('Named').selectOption('16'),
      () => button('1 year').click(),
      () => field('to').fill('2026-11-24'),
      () => field('From').fill('2026-11-21'),
      () => field('From').fill('2026-11-25'),
    );
    expect(seen).toMatchSnapshot();
  });

  test('divide the usage by periods that suit its days', async () => {
    const days = (count: number) =>
      new Date(Date.parse('2026-11-28') - (count - 1) * 86_400_000).toISOString().slice(0, 10);
    const seen: string[] = [];
    for (const count of [45, 46, 200, 201, 6 * 365, 6 * 365 + 1]) {
      const path = `/usage?from=${days(count)}&to=2026-11-28`;
      const period = /period=\w+/.exec(
        await pages.open(path, { 'usage/page': { json: { problem: 'No jobs' } } }, 'h1'),
      );
      seen.push(`${count} days: ${period?.[0]}`);
    }
    expect(seen).toEqual([
      '45 days: period=day',
      '46 days: period=week',
      '200 days: period=week',
      '201 days: period=month',
      '2190 days: period=month',
      '2191 days: period=year',
    ]);
  });

  test('leave other uses of a link to the browser', async () => {
    await pages.open('/events');
    expect(await pages.call('takenClicks()')).toMatchSnapshot();
  });

  test('turn the pages of the jobs, and begin again with other days', async () => {
    await pages.open('/usage/account/bio?range=30d');
    const seen = await after(
      'section:has(#jobs)',
      () => link('Older jobs').click(),
      () => link('Newest jobs').click(),
      () => link('Older jobs').click(),
      () => field('From').fill('2026-11-21'),
      () => link('Older jobs').click(),
      () => button('7 days').click(),
    );
    expect(seen).toMatchSnapshot();
    const none = { from: '', to: '', total: 0, jobs: [], next: null };
    pages.change({ 'usage/jobs': { json: none } });
    const part = 'section:has(#jobs)';
    expect(
      await after(
        part,
        () => button('1 year').click(),
        () => button('All').click(),
      ),
    ).toMatchSnapshot();
    expect(await pages.open('/usage/user/anna?jobs-after=x', { 'usage/jobs': { json: none } }, part)).toMatchSnapshot();
  });

  test('add and remove filters of the usage', async () => {
    await pages.open('/usage?state=FAILED');
    const part = '.picker, .toolbar button.quiet';
    const seen = await after(
      part,
      () => choice('Filter').selectOption('qos'),
      () => field('Search QOS').fill('ORM'),
      () => pages.page.getByRole('checkbox').first().check(),
      () => field('Search QOS').fill('none of them'),
      () => choice('Filter').selectOption('state'),
      () => pages.page.getByRole('checkbox').first().check(),
      () => button('Remove the filter State FAILED').click(),
      () => button('Done').click(),
    );
    expect(seen).toMatchSnapshot();
    const groups = Array.from({ length: 203 }, (_, index) => ({ name: `u${index}`, total: { jobs: 2 + index } }));
    pages.change({ 'usage/query': { json: { groups } } });
    await after(part, () => choice('Filter').selectOption('user'));
    expect(await pages.page.locator('.picker li').count()).toBe(200);
    expect(await pages.page.locator('.picker > .detail').innerText()).toBe('and 3 more: search for a part of the name');
    pages.change({ 'usage/query': { status: 500, json: { error: 'Too busy.' } } });
    expect(await after('.picker', () => choice('Filter').selectOption('account'))).toMatchSnapshot();
  });

  test('find a job', async () => {
    await pages.open('/usage');
    await field('Job id').fill('  ');
    expect(await after('.search', () => button('Show the job').click())).toMatchSnapshot();
    await field('Job id').fill(' 4709 ');
    await choice('on').selectOption('casper');
    expect(await after('h1', () => button('Show the job').click())).toMatchSnapshot();
  });

  test('choose the period of a history, and whose jobs it shows', async () => {
    await pages.open('/systems/derecho/history?of=users');
    const seen = await after(
      '.toolbar',
      ...['6 h', '24 h', '7 days', '30 days', '90 days', '1 year'].map((name) => () => button(name).click()),
      () => choice('Jobs').selectOption('held'),
      () => choice('Jobs').selectOption('pending'),
      () => choice('Measure').selectOption('gpus'),
      () => choice('Order by').selectOption('peak'),
      () => field('From').fill('2026-03-07'),
      () => field('to').fill('2026-03-09'),
      () => field('to').fill('2026-03-01'),
      () => pages.page.goto('/systems/derecho/history?of=users&range=3y&from=2026-03-02&to=2026-03-02'),
    );
    expect(seen).toMatchSnapshot();
  });

  test('ask for the wait, and for users in the place of projects', async () => {
    await pages.open('/systems/derecho');
    const seen = await after(
      '.wait',
      () => choice('Queue').selectOption('main'),
      ...['8', '32', '128', '512'].map((count) => () => choice('CPUs').selectOption(count)),
    );
    expect(seen).toMatchSnapshot();
    const by = (name: string) => pages.page.locator('.choice').getByRole('button', { name }).click();
    const part = 'section:has(#users) .choice, section:has(#users) .table';
    expect(
      await after(
        part,
        () => by('Users'),
        () => by('Projects'),
      ),
    ).toMatchSnapshot();
  });

  test('read out a chart, show its numbers, and zoom into it', async () => {
    await pages.open('/systems/derecho/history?of=users');
    const canvas = pages.page.locator('.canvas');
    await canvas.focus();
    const keys = ['ArrowLeft', 'Home', 'ArrowLeft', 'ArrowRight', 'End', 'x', 't'];
    const presses = keys.map((key) => () => pages.page.keyboard.press(key));
    expect(await after('.chart [aria-live], .numbers', ...presses)).toMatchSnapshot();
    await pages.page.keyboard.press('t');
    expect(await pages.page.locator('.numbers').count()).toBe(0);
    const box = await canvas.boundingBox();
    const [x, y] = [box?.x ?? 0, (box?.y ?? 0) + 100];
    await pages.page.mouse.move(x + 400, y);
    await pages.page.mouse.down();
    await pages.page.mouse.move(x + 600, y, { steps: 4 });
    await pages.page.mouse.up();
    await pages.page.waitForURL(/from=/);
    expect(await pages.shown('.chart h2')).toMatchSnapshot();
    await pages.open('/systems/derecho/history');
    await pages.page.mouse.move(300, y + 100);
    await pages.page.mouse.down();
    await pages.page.mouse.move(400, y + 100, { steps: 4 });
    await pages.page.mouse.up();
    await pages.page.waitForURL(/from=/);
    expect(await pages.shown('h1')).toMatchSnapshot();
  });

  test('draw charts for paper, and in dark colours', async () => {
    await pages.open('/systems/derecho/history?of=queues&name=main&range=6h');
    await pages.page.evaluate('dispatchEvent(new Event("beforeprint"))');
    expect(await pages.call('describe(".chart:first-child .canvas")')).toMatchSnapshot();
    await pages.page.evaluate('dispatchEvent(new Event("afterprint"))');
    const dark = () => pages.page.emulateMedia({ colorScheme: 'dark' });
    expect(await after('.chart:first-child .canvas, .chart:first-child .legend', dark)).toMatchSnapshot();
    await pages.open('/systems/derecho/history?of=users&top=9');
    expect(await pages.shown('.chart .canvas, .chart .legend')).toMatchSnapshot();
    await pages.page.emulateMedia({ colorScheme: 'light' });
  });

  test('report an outage', async () => {
    await pages.open('/outages');
    await pages.page.getByText('Report an outage or maintenance').click();
    const form = 'section:has(#report) pre, section:has(#report) [role=status]';
    await field('System').fill('casper');
    await field('Title, for users').fill(" The 'vis' queue is slow ");
    const report = () => button('Report').click();
    expect(await after(form, report)).toMatchSnapshot();
    await field('System').fill('gust');
    await field('Title, for users').fill('Work');
    await choice('Severity').selectOption('maintenance');
    await field('Component (empty: the whole system)').fill('rack 7');
    await field('Began (empty: now; in the time zone of this browser)').fill('2026-11-30T08:15');
    await field('Expected end').fill('2026-11-30T18:45');
    await field('Description').fill('Two\nlines');
    for (const [status, error] of [
      [401, 'no'],
      [403, 'User anna lacks the scope outages'],
      [422, 'No such system'],
    ] as const) {
      pages.change({ 'status/outage': { status, json: { error } } });
      expect(await after(form, report)).toMatchSnapshot();
    }
  });

  test('update and resolve an outage', async () => {
    await pages.open('/outages?id=31');
    await pages.page.getByText('Update or resolve').click();
    const form = 'section:has(#outage) form';
    const update = () => button('Update').click();
    const end = field('Expected end (in the time zone of this browser)');
    await choice('Status').selectOption('monitoring');
    expect(await after(form, update)).toMatchSnapshot();
    await end.fill('2026-11-29T10:30');
    pages.change({ 'status/outages/31': { status: 409, json: { error: 'It has ended' } } });
    expect(await after(form, update)).toMatchSnapshot();
    pages.change({});
    expect(await after(`${form} [role=alert]`, () => button('Resolve').click())).toMatchSnapshot();
    expect(await after('h2', () => link('Close').click())).toMatchSnapshot();
  });

  test('sign in and out', async () => {
    await pages.open('/sign-in', { session: { status: 401, json: { error: 'Wrong password.' } } });
    await field('User').fill('bert');
    await field('Password').fill('secret');
    const signIn = () => button('Sign in').click();
    expect(await after('main', signIn)).toMatchSnapshot();
    pages.change({});
    expect(await after('.account, h1', signIn)).toMatchSnapshot();
    pages.change({ session: { json: stranger } });
    expect(await after('.account', () => button('Sign out').click())).toMatchSnapshot();
  });

  test('offer no other times on a site whose zone is UTC', async () => {
    const own = await startPages('Zulu');
    try {
      expect(await own.open('/sign-in', {}, 'footer')).toMatchSnapshot();
    } finally {
      await own.close();
    }
  });

  test('load again what failed, and all each minute', async () => {
    const own = await startPages();
    try {
      await own.page.clock.install({ time: Date.now() });
      await own.open('/events', { 'pages/events': { status: 500, json: null } });
      own.change({});
      await own.page.getByRole('button', { name: 'Try again' }).click();
      expect(await own.shown('.notice')).toMatchSnapshot();
      own.change({ 'pages/events': { status: 502, json: { error: 'No answer.' } } });
      await own.page.clock.fastForward(61_000);
      await own.page.getByRole('alert').waitFor();
      expect(await own.call('requests()')).toMatchSnapshot();
      expect(await own.page.getByRole('alert').innerText()).toMatch(
        /^No answer\. These are the data of \d+ \w+ ago\. Try again$/,
      );
      own.change({ 'pages/events': { status: 403, json: { error: 'Not you.' } } });
      await own.page.getByRole('button', { name: 'Try again' }).click();
      await own.page.getByText('You may not see this. Not you. Ask the operators').waitFor();
      expect(own.problems()).toEqual([]);
    } finally {
      await own.close();
    }
  });
});
