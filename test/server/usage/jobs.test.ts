import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Json, overEngines } from '../helper.ts';
import { type IngestReceiver, jobRecord, startIngest } from './helper.ts';

overEngines((engine) => {
  let receiver: IngestReceiver;
  beforeAll(async () => {
    receiver = await startIngest({ engine });
  });
  afterAll(() => receiver.remove());

  test('a job is stored with all its fields', async () => {
    const { status } = await receiver.ingest({ hostname: 'whole', jobs: [jobRecord()] });
    expect(status).toBe(200);
    expect(await receiver.jobs('whole')).toEqual([
      {
        cluster: 'whole',
        job_id: '12345',
        user: 'alice',
        account: 'physics',
        partition: 'compute',
        state: 'COMPLETED',
        qos: 'normal',
        submit: '2026-11-20T10:00:00',
        start: '2026-11-20T10:05:00',
        end: '2026-11-20T11:00:00',
        cpu_hours: 4,
        gpu_hours: 0.5,
        cpus: 4,
        gpus: 2,
        nodes: 1,
        node_list: 'c001',
        raw_id: null,
        received_at: expect.any(String),
        received_from: 'shared',
      },
    ]);
  });

  test('a field that was not sent is null or 0', async () => {
    const { JobID, User, Account, Partition, State, Submit } = jobRecord();
    await receiver.ingest({ hostname: 'least', jobs: [{ JobID, User, Account, Partition, State, Submit }] });
    expect(await receiver.jobs('least')).toMatchObject([
      { qos: null, start: null, end: null, cpu_hours: 0, gpu_hours: 0, cpus: 0, gpus: 0, nodes: 0, node_list: null },
    ]);
  });

  test.each(['None', 'Unknown', '', null])('a start or an end of %p is null', async (time) => {
    const hostname = `times-${String(time)}`;
    const times = { Start: time, End: time };
    expect((await receiver.ingest({ hostname, jobs: [jobRecord(times), jobRecord({ JobID: '2' })] })).status).toBe(200);
    expect(await receiver.jobs(hostname)).toMatchObject([
      { start: null, end: null },
      { start: '2026-11-20T10:05:00', end: '2026-11-20T11:00:00' },
    ]);
  });

  test.each(['none', 'unknown', 'Never'])(
    'a start of %p is refused, and so is a submit time of "None"',
    async (time) => {
      for (const times of [{ Start: time }, { Submit: 'None' }]) {
        expect((await receiver.ingest({ hostname: 'refused', jobs: [jobRecord(times)] })).status).toBe(422);
      }
    },
  );

  test('the node list of a job without nodes is null', async () => {
    await receiver.ingest({ hostname: 'unassigned', jobs: [jobRecord({ NodeList: 'None assigned' })] });
    expect(await receiver.jobs('unassigned')).toMatchObject([{ node_list: null }]);
  });

  test('a time with a zone is stored as UTC, one without as it was sent', async () => {
    const times = { Submit: '2026-11-20 10:00:00', Start: '2026-11-20T10:05:00+02:00', End: 1795168800 };
    await receiver.ingest({ hostname: 'zones', jobs: [jobRecord(times)] });
    expect(await receiver.jobs('zones')).toMatchObject([
      { submit: '2026-11-20T10:00:00', start: '2026-11-20T08:05:00', end: '2026-11-20T10:00:00' },
    ]);
  });

  describe('a job that is sent again', () => {
    test('with the same submit time replaces the stored job', async () => {
      await receiver.ingest({ hostname: 'again', jobs: [jobRecord({ State: 'RUNNING' }), jobRecord({ JobID: '2' })] });
      const { body } = await receiver.ingest({ hostname: 'again', jobs: [jobRecord({ State: 'FAILED' })] });
      expect(body.jobs_processed).toBe(1);
      expect(await receiver.jobs('again')).toMatchObject([
        { job_id: '12345', state: 'FAILED' },
        { job_id: '2', state: 'COMPLETED' },
      ]);
    });

    test('in the same request counts as received, and the last record is stored', async () => {
      const jobs = [jobRecord({ CPUHours: 1 }), jobRecord({ CPUHours: 2 })];
      expect((await receiver.ingest({ hostname: 'twice', jobs })).body.jobs_processed).toBe(2);
      expect(await receiver.jobs('twice')).toMatchObject([{ cpu_hours: 2 }]);
    });

    test('with another submit time is another job: it was requeued, or its id was used again', async () => {
      const submits = ['2026-11-20T10:00:00', '2026-11-20T12:30:00', '2029-01-01T00:00:00'];
      for (const Submit of submits) await receiver.ingest({ hostname: 'requeued', jobs: [jobRecord({ Submit })] });
      expect((await receiver.jobs('requeued')).map((job) => job.submit)).toEqual(submits);
    });

    describe('with the number of a run', () => {
      const sent = { JobID: '9.pbs', End: '2026-11-20T10:30:00', State: 'REQUEUED', Run: 1 };

      test('is another job than the last run, also if it changes and ends on another day', async () => {
        const last = { JobID: '9.pbs', Start: '2026-11-20T10:40:00' };
        const changed = { ...sent, End: '2026-11-22T10:30:00' };
        for (const change of [sent, last, sent, changed]) {
          await receiver.ingest({ hostname: 'runs', jobs: [jobRecord(change)] });
        }
        expect((await receiver.read('stats/runs')).body).toMatchObject({ total_jobs: 2, total_cpu_hours: 8 });
        expect(await receiver.jobs('runs')).toMatchObject([
          { job_id: '9.pbs', state: 'COMPLETED', end: '2026-11-20T11:00:00' },
          { job_id: '9.pbs/run1', state: 'REQUEUED', end: '2026-11-22T10:30:00' },
        ]);
      });

      test('that is null is the last run', async () => {
        await receiver.ingest({ hostname: 'null-run', jobs: [jobRecord({ Run: null })] });
        expect(await receiver.jobs('null-run')).toMatchObject([{ job_id: '12345' }]);
      });

      test('that is not a whole number is refused', async () => {
        const answer = await receiver.ingest({ hostname: 'wrong-run', jobs: [jobRecord({ Run: 'first' })] });
        expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'jobs', 0, 'Run'] }] } });
        expect(await receiver.jobs('wrong-run')).toEqual([]);
      });
    });

    test('of another cluster is another job', async () => {
      await receiver.ingest({ hostname: 'twin-a', jobs: [jobRecord({ User: 'a' })] });
      await receiver.ingest({ hostname: 'twin-b', jobs: [jobRecord({ User: 'b' })] });
      expect([await receiver.jobs('twin-a'), await receiver.jobs('twin-b')]).toMatchObject([
        [{ user: 'a' }],
        [{ user: 'b' }],
      ]);
    });
  });

  describe('an Idempotency-Key', () => {
    const key = () => ({ 'Idempotency-Key': Bun.randomUUIDv7() });

    test('that was used before gets the first answer, and nothing is stored', async () => {
      const headers = key();
      const batch = { hostname: 'idempotent', jobs: [jobRecord()] };
      const first = await receiver.ingest(batch, headers);
      await receiver.ingest({ hostname: 'idempotent', jobs: [jobRecord({ State: 'FAILED' })] });
      const second = await receiver.ingest(batch, headers);
      expect([second.status, second.body]).toEqual([200, first.body]);
      expect(await receiver.jobs('idempotent')).toMatchObject([{ state: 'FAILED' }]);
    });

    test('names the same delivery whether the body is compressed or not', async () => {
      const headers = key();
      const text = JSON.stringify({ hostname: 'idempotent', jobs: [jobRecord()] });
      const first = await receiver.ingest(Bun.gzipSync(text), { ...headers, 'Content-Encoding': 'gzip' });
      expect((await receiver.ingest(text, headers)).body).toEqual(first.body);
    });

    test('that was used with another body is 409', async () => {
      const headers = key();
      await receiver.ingest({ hostname: 'idempotent', jobs: [] }, headers);
      const { status, body } = await receiver.ingest({ hostname: 'idempotent', jobs: [jobRecord()] }, headers);
      expect(status).toBe(409);
      expect(body).toEqual({ detail: 'Idempotency-Key was used before with another body or path' });
    });

    test('does not give a key the answers of a cluster that the key may not write', async () => {
      const headers = key();
      const batch = { hostname: 'idempotent', jobs: [] };
      await receiver.ingest(batch, headers);
      const other = await receiver.addKey('elsewhere', 'write:elsewhere');
      expect((await receiver.ingest(batch, { ...headers, 'X-API-Key': other })).status).toBe(403);
    });
  });

  describe('a wrong field', () => {
    test('is named for every job, and nothing of the request is stored', async () => {
      const jobs = [
        jobRecord(),
        jobRecord({ JobID: 7, CPUHours: 'many' }),
        'no job',
        jobRecord({ Start: 'soon', QOS: 3, Nope: 1 }),
      ];
      const { status, body } = await receiver.ingest({ hostname: 'wrong', jobs });
      expect(status).toBe(422);
      expect(body.detail).toEqual([
        { type: 'string_type', loc: ['body', 'jobs', 1, 'JobID'], msg: 'Input should be a valid string', input: 7 },
        {
          type: 'float_parsing',
          loc: ['body', 'jobs', 1, 'CPUHours'],
          msg: 'Input should be a valid number, unable to parse string as a number',
          input: 'many',
        },
        {
          type: 'model_attributes_type',
          loc: ['body', 'jobs', 2],
          msg: 'Input should be a valid dictionary or object to extract fields from',
          input: 'no job',
        },
        { type: 'string_type', loc: ['body', 'jobs', 3, 'QOS'], msg: 'Input should be a valid string', input: 3 },
        {
          type: 'datetime_from_date_parsing',
          loc: ['body', 'jobs', 3, 'Start'],
          msg: 'Input should be a valid datetime or date, input is too short',
          input: 'soon',
          ctx: { error: 'input is too short' },
        },
      ]);
      expect(await receiver.jobs('wrong')).toEqual([]);
      expect(receiver.lines.at(-1)).toMatch(
        /^422 POST \/api\/data\/ingest \d+ ms: body\.jobs\.1\.JobID: Input should be a valid string \(and 4 more\)$/,
      );
    });

    test('is named at most a thousand times, each shortened', async () => {
      const jobs = new Array(50_000).fill({ ...jobRecord(), Submit: 'x'.repeat(300) });
      const { body } = await receiver.ingest({ hostname: 'wrong', jobs });
      expect(body.detail).toHaveLength(1000);
      const last = { loc: ['body', 'jobs', 999, 'Submit'], input: `${'x'.repeat(200)}…` };
      expect((body.detail as Json[])[999]).toMatchObject(last);
      expect(JSON.stringify(body).length).toBeLessThan(1024 ** 2);
      expect(receiver.lines.at(-1)).toEndWith('(and 49999 more)');
    });

    test.each<[string, string, unknown[]]>([
      ['no object', '[1]', [['model_attributes_type', ['body']]]],
      [
        'an empty object',
        '{}',
        [
          ['missing', ['body', 'hostname']],
          ['missing', ['body', 'jobs']],
        ],
      ],
      ['jobs that are no list', '{"hostname":"h","jobs":{}}', [['list_type', ['body', 'jobs']]]],
      [
        'no cluster, and a job that lacks all',
        '{"jobs":[{}]}',
        [
          ['missing', ['body', 'hostname']],
          ...['JobID', 'User', 'Account', 'Partition', 'State', 'Submit'].map((name) => [
            'missing',
            ['body', 'jobs', 0, name],
          ]),
        ],
      ],
      ['a cluster that is no text', '{"hostname":5,"jobs":[]}', [['string_type', ['body', 'hostname']]]],
      ['nothing', '', [['json_invalid', ['body']]]],
      ['NaN', '{"hostname":"h","jobs":[{"CPUHours":NaN}]}', [['json_invalid', ['body']]]],
      ['a deep nest', `{"hostname":"h","jobs":${'['.repeat(100)}`, [['json_invalid', ['body']]]],
      ['a member of the prototype', '{"hostname":"h","jobs":[],"__proto__":{}}', []],
    ])('%s', async (_, text, named) => {
      const { status, body } = await receiver.ingest(text);
      expect(status).toBe(named.length === 0 ? 200 : 422);
      expect(((body.detail ?? []) as Json[]).map(({ type, loc }) => [type, loc])).toEqual(named as never);
    });

    test.each([
      '../../evil',
      '',
      ' ',
      '.',
      '..',
      'a/b',
      'a\\b',
      'a\n',
      'a\u0000',
      '\u001b[2J',
      'é',
      '-a',
      'x'.repeat(65),
    ])('the cluster %p', async (hostname) => {
      const { status, body } = await receiver.ingest({ hostname, jobs: [jobRecord()] });
      expect(status).toBe(422);
      expect(body.detail).toMatchObject([{ type: 'string_pattern_mismatch', loc: ['body', 'hostname'] }]);
    });

    test.each(['a', 'hpc-cluster-01', 'Farm_2.example.org', '_farm', 'x'.repeat(64)])(
      'but not the cluster %p',
      async (hostname) => {
        expect((await receiver.ingest({ hostname, jobs: [] })).status).toBe(200);
      },
    );
  });

  const anyText = fc
    .string({ unit: 'binary' })
    .filter((text) => text.isWellFormed() && (engine === 'SQLite' || !text.includes('\0')));
  const anyTime = fc
    .date({ min: new Date('1990-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 19));
  const anyJob = fc.record({
    JobID: anyText,
    User: anyText,
    Account: anyText,
    Partition: anyText,
    State: anyText,
    QOS: fc.option(anyText),
    Submit: anyTime,
    Start: fc.option(anyTime),
    End: fc.option(anyTime),
    CPUHours: fc.double({ noNaN: true, noDefaultInfinity: true }),
    GPUHours: fc.double({ noNaN: true, noDefaultInfinity: true }),
    AllocCPUS: fc.maxSafeInteger(),
    AllocGPUS: fc.maxSafeInteger(),
    AllocNodes: fc.maxSafeInteger(),
    NodeList: fc.option(anyText),
  });

  test('the character NUL is refused on PostgreSQL, which cannot store it, with a clear error', async () => {
    const { status, body } = await receiver.ingest({ hostname: 'nul', jobs: [jobRecord({ User: 'a\0b' })] });
    if (engine === 'SQLite') expect(status).toBe(200);
    else
      expect({ status, body }).toEqual({
        status: 422,
        body: { detail: 'Text must not have the character NUL (U+0000)' },
      });
    expect(await receiver.jobs('nul')).toHaveLength(engine === 'SQLite' ? 1 : 0);
  });

  test('any job is stored as it was sent, with quotes, line breaks and control characters in names', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(anyJob, async (job) => {
        run += 1;
        const hostname = `any-${run}`;
        expect((await receiver.ingest({ hostname, jobs: [job] })).status).toBe(200);
        expect(await receiver.jobs(hostname)).toMatchObject([
          {
            job_id: job.JobID,
            user: job.User,
            account: job.Account,
            partition: job.Partition,
            state: job.State,
            qos: job.QOS,
            submit: job.Submit,
            start: job.Start,
            end: job.End,
            cpu_hours: job.CPUHours + 0,
            gpu_hours: job.GPUHours + 0,
            cpus: job.AllocCPUS,
            gpus: job.AllocGPUS,
            nodes: job.AllocNodes,
            node_list: job.NodeList,
          },
        ]);
      }),
      { numRuns: 60 },
    );
  });

  test('a wrong field of any job is named, and no other field', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(jobRecord())), { minLength: 1, maxLength: 8 }),
        fc.nat(7),
        async (spoilt, place) => {
          const jobs = new Array(8).fill(jobRecord());
          jobs[place] = jobRecord(Object.fromEntries(spoilt.map((name) => [name, [name]])));
          const { status, body } = await receiver.ingest({ hostname: 'spoilt', jobs });
          expect(status).toBe(422);
          const named = (body.detail as { loc: unknown[] }[]).map(({ loc }) => loc);
          const expected = [...new Set(spoilt)].map((name) => ['body', 'jobs', place, name]);
          expect(named.sort()).toEqual(expected.sort());
        },
      ),
      { numRuns: 50 },
    );
    expect(await receiver.jobs('spoilt')).toEqual([]);
  });
});
