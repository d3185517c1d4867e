import type { UsageClient } from '../../auth/access.ts';
import type { Answered } from '../../http/answer.ts';
import type { BodyLimits } from '../../http/body.ts';
import { RequestProblem } from '../../http/problem.ts';
import type { Call } from '../../http/routing.ts';
import { clusterNamed } from '../../store/clusters.ts';
import { jobsBySubmit } from '../../store/jobs.ts';
import type { Store } from '../../store/port.ts';
import { dayOfDate } from '../cluster-clock.ts';
import type { Answer } from '../engine/answer.ts';
import { jobTest } from '../job-filter.ts';
import { clockOf } from '../segments/rebuild.ts';
import type { UsageThread } from '../thread.ts';
import { readRequest } from './api.ts';
import { filterOf } from './charts.ts';
import type { FilterRequest } from './request.ts';
import { type DashboardRow, rowFields, rowOf } from './rows.ts';

/** The forms of an answer: how it begins, its rows, and how it ends after the last row. */
type Form = {
  readonly type: string;
  begin(totals: Totals): string;
  row(row: DashboardRow, isFirst: boolean): string;
  /** @param next where the next page begins; null after the last row */
  end(next: string | null): string;
};

type Totals = Readonly<Record<'total_jobs' | 'total_cpu_hours' | 'total_gpu_hours' | 'total_users', number>>;

const forms: Readonly<Record<string, Form>> = {
  json: {
    type: 'application/json',
    begin: (totals) => `${JSON.stringify(totals).slice(0, -1)},"data":[`,
    row: (row, isFirst) => `${isFirst ? '' : ','}${JSON.stringify(row)}`,
    end: (next) => `],"next":${JSON.stringify(next)}}`,
  },
  jsonl: {
    type: 'application/x-ndjson',
    begin: () => '',
    row: (row) => `${JSON.stringify(row)}\n`,
    end: () => '',
  },
  csv: {
    type: 'text/csv; charset=utf-8',
    begin: () => `${rowFields.join(',')}\r\n`,
    row: (row) => `${rowFields.map((field) => csvField(row[field])).join(',')}\r\n`,
    end: () => '',
  },
};

/**
 * Returns the handler that lists jobs, by submission. Parameters: `format` (`json`, `jsonl` or `csv`), `limit` (rows of a
 * page) and `after` (the `next` of the page before).
 */
export function postFilter(store: Store, thread: UsageThread, limits: BodyLimits) {
  return async (call: Call, client: UsageClient): Promise<Answered> => {
    const asked = await readRequest(call, limits, store, thread, client);
    const query = call.url.searchParams;
    const form = forms[formatOf(query)];
    if (!form) throw new RequestProblem(422, `format: give one of ${Object.keys(forms).join(', ')}`);
    const [limit, after] = [limitOf(query), afterOf(query)];
    const totals = await totalsOf(thread, asked);
    const rows = rowsOf(store, asked, client, after);
    const text = answerText(form, totals, rows, limit);
    const headers = { 'Content-Type': form.type, 'Cache-Control': 'no-store' };
    return { response: new Response(streamOf(text), { headers }) };
  };
}

function formatOf(query: URLSearchParams): string {
  const format = query.get('format') ?? 'json';
  return Object.hasOwn(forms, format) ? format : '';
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') ?? '';
  if (text === '') return Number.POSITIVE_INFINITY;
  if (/^\d{1,7}$/.test(text) && Number(text) > 0) return Number(text);
  throw new RequestProblem(422, 'limit: give a number from 1 to 9999999');
}

/** The submit time and the id of the last row of a page. */
function afterOf(query: URLSearchParams): { readonly submit: string; readonly id: string } | null {
  const text = query.get('after') ?? '';
  if (text === '') return null;
  const [submit = '', ...id] = text.split(' ');
  if (/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(submit)) return { submit, id: id.join(' ') };
  throw new RequestProblem(422, 'after: give the member next of the page before');
}

async function totalsOf(thread: UsageThread, asked: FilterRequest): Promise<Totals> {
  const { total }: Pick<Answer, 'total'> = JSON.parse(await thread.ask({ kind: 'totals', request: asked }));
  const number = (value: unknown) => (typeof value === 'number' ? value : 0);
  return {
    total_jobs: number(total.jobs),
    total_cpu_hours: number(total.cpu_hours),
    total_gpu_hours: number(total.gpu_hours),
    total_users: number(total.users),
  };
}

type Found = { readonly row: DashboardRow; readonly place: string };

async function* rowsOf(
  store: Store,
  asked: FilterRequest,
  client: UsageClient,
  after: { readonly submit: string; readonly id: string } | null,
): AsyncGenerator<Found> {
  const cluster = await clusterNamed(store, asked.hostname);
  if (cluster === null) return;
  const clock = clockOf(cluster);
  const from = asked.from === null ? '' : clock.leastTextOf(dayOfDate(asked.from));
  const until = asked.to === null ? '~' : clock.leastTextOf(dayOfDate(asked.to) + 1);
  const style = { clock, levels: asked.levels, separator: cluster.accountSeparator, shownName: client.shownName };
  const passes = jobTest(filterOf(asked), null, cluster.accountSeparator);
  for await (const jobs of jobsBySubmit(store, asked.hostname, from, until, after)) {
    for (const job of jobs) if (passes(job)) yield { row: rowOf(job, style), place: `${job.submit} ${job.job_id}` };
  }
}

async function* answerText(
  form: Form,
  totals: Totals,
  rows: AsyncGenerator<Found>,
  limit: number,
): AsyncGenerator<string> {
  let text = form.begin(totals);
  let count = 0;
  let [last, next]: [string, string | null] = ['', null];
  for await (const { row, place } of rows) {
    if (count === limit) {
      next = last;
      break;
    }
    text += form.row(row, count === 0);
    count += 1;
    last = place;
    if (text.length < 65_536) continue;
    yield text;
    text = '';
  }
  yield text + form.end(next);
}

function streamOf(text: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await text.next();
      if (done) controller.close();
      else if (value !== '') controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await text.return(undefined);
    },
  });
}

/** Quotes a field as RFC 4180 says. A text that a spreadsheet would take for a formula gets an apostrophe. */
export function csvField(value: string | number | null): string {
  if (value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
