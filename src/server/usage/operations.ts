import type { Operation } from '../openapi/operation.ts';
import { jobSchema, jobSoftwareSchema } from '../sampled/answers.ts';
import {
  expectedWaitSchema,
  jobListSchema,
  outageCostsSchema,
  reportSchema,
  usagePageSchema,
  usageSchema,
  utilisationSchema,
} from './answers.ts';
import { type QuestionParameter, questionSchema } from './query-request.ts';

const usage = '/api/v1/usage';
const days = {
  from: 'The first day, such as 2026-11-20',
  to: 'The last day, such as 2026-11-30',
};

/** The filters of a question. A parameter that occurs several times is a list. */
const filters = {
  cluster: 'Names of clusters; default: all that the client may read',
  ...days,
  partition: 'Names of partitions',
  account: 'Names of accounts',
  account_below: 'Names of accounts, each with the accounts below it',
  user: 'Names of users',
  qos: 'Names of QOS',
  state: 'States, such as COMPLETED',
  size: 'Classes of CPUs, such as 2-8',
};

/** The parameters of a question. */
const question: Readonly<Record<QuestionParameter, string>> = {
  ...filters,
  node: 'Names of nodes',
  software: 'Names of software',
  axis: 'submitted, started, ended or ran (default)',
  by: 'cluster, partition, account, user, qos, state, size, node or software; default: no groups',
  account_levels: 'How many levels of the names of accounts make a group; default: 0, all',
  period: 'day, week, month, quarter or year; default: no series',
  measure: 'Names of measures; default: jobs',
  top: 'How many groups are named; default: all',
  compare: 'true or false (default): also the totals of the period before',
};

const unknownName = { 422: 'No job has a name of the filter, or the answer would be too large' };
const unknownCluster = { 422: 'There is no such cluster' };
const cluster = { cluster: 'Name of a cluster' };

/** The operations of the usage API, and of the page of a job. */
export const usageOperations: readonly Operation[] = [
  {
    ...get(`${usage}/query`, 'usage', 'Answer a question about finished jobs'),
    query: question,
    answer: usageSchema,
    problems: unknownName,
  },
  {
    ...{ method: 'post', path: `${usage}/query`, id: 'postUsage', summary: 'Answer a question with long lists' },
    body: questionSchema,
    answer: usageSchema,
    problems: unknownName,
  },
  {
    ...get(`${usage}/page`, 'usagePage', 'Show everything on the usage page of the dashboard'),
    query: question,
    answer: usagePageSchema,
    problems: {},
  },
  {
    ...get(`${usage}/jobs`, 'jobs', 'List the jobs that ended in a window'),
    query: {
      ...filters,
      limit: 'Jobs of a page, 1 to 1000; default: 25',
      after: 'The member next of the page before',
    },
    answer: jobListSchema,
    problems: unknownName,
  },
  {
    ...get(`${usage}/utilisation`, 'utilisation', 'Compare the hours that jobs used with the hours that were up'),
    query: { ...cluster, ...days, period: 'day, week, month, quarter or year; default: only the total' },
    required: ['cluster', 'from', 'to'],
    answer: utilisationSchema,
    problems: unknownCluster,
  },
  {
    ...get(`${usage}/outages`, 'outageCosts', 'Show what outages cost'),
    query: { ...cluster, ...days },
    required: ['cluster', 'from', 'to'],
    answer: outageCostsSchema,
    problems: unknownCluster,
  },
  {
    ...get(`${usage}/expected-wait`, 'expectedWait', 'Show how long a job will wait'),
    query: {
      ...cluster,
      partition: 'Name of a partition',
      cpus: 'CPUs of the job; default: 1',
      hours: 'How long the job will run; default: any time',
      queued: 'Pending jobs; default: those in the newest snapshot',
    },
    required: ['cluster', 'partition'],
    answer: expectedWaitSchema,
    problems: { 422: 'There is no such cluster or partition' },
  },
  {
    ...get(`${usage}/report`, 'report', 'Make the report of a month, a quarter or a year'),
    query: {
      ...cluster,
      period: 'Such as 2026-11, 2026-Q4 or 2026',
      format: 'json (default), csv, or html for printing',
    },
    required: ['cluster', 'period'],
    answer: reportSchema,
    problems: unknownCluster,
  },
  {
    ...get('/api/v1/jobs/{cluster}/{id}', 'job', 'Show a job: its runs, and what its processes used'),
    answer: jobSchema,
    problems: { 404: 'There is no such job that the client may see' },
  },
  {
    ...get('/api/v1/jobs/{cluster}/{job}/software', 'jobSoftware', 'Show which programs a job ran'),
    answer: jobSoftwareSchema,
    problems: { 404: 'Nothing was sampled of this job' },
  },
];

function get(path: string, id: string, summary: string) {
  return { method: 'get', path, id, summary } as const;
}
