import { useState } from 'preact/hooks';
import { RequestFailed, reloadAll, request } from '../../data/fetching.ts';
import { mayReportOutages, useSession } from '../../data/session.ts';
import { commandLine } from '../../format/shell.ts';

const severities = [
  ['critical', 'Critical: the system cannot be used'],
  ['major', 'Major: most users notice it'],
  ['minor', 'Minor: some users notice it'],
  ['maintenance', 'Maintenance: planned work'],
] as const;

/** The text of a field of a form; empty if it was left out. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** Returns the time of a `datetime-local` field as UTC, null if it is empty. The field is in the zone of the browser. */
export function timeOf(form: FormData, name: string): string | null {
  const ms = Date.parse(textOf(form, name));
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** The form for a new outage or maintenance for those who may report, and the command that does the same. */
export function ReportForm() {
  const session = useSession();
  if (mayReportOutages(session)) return <Form />;
  return (
    <>
      <p>
        From a collector's host, or <a href="/sign-in">sign in</a> as a user with the scope <code>outages</code>:
      </p>
      <pre tabIndex={0}>{commandFor(null)}</pre>
    </>
  );
}

function Form() {
  const [message, setMessage] = useState<{ readonly isBad: boolean; readonly text: string } | null>(null);
  const [command, setCommand] = useState(commandFor(null));
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const element = event.currentTarget;
    if (!(element instanceof HTMLFormElement)) return;
    const form = new FormData(element);
    const optional = Object.entries({
      component: textOf(form, 'component'),
      description: textOf(form, 'description'),
      start_time: timeOf(form, 'start'),
      estimated_resolution: timeOf(form, 'end'),
    }).filter(([, value]) => value !== null && value !== '');
    try {
      await request('/api/v1/status/outage', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
          system_name: textOf(form, 'system'),
          title: textOf(form, 'title'),
          severity: textOf(form, 'severity'),
          outage_key: crypto.randomUUID(),
          ...Object.fromEntries(optional),
        }),
      });
      setMessage({ isBad: false, text: 'The outage is reported.' });
      element.reset();
      setCommand(commandFor(null));
      reloadAll();
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      setMessage({ isBad: true, text: refusalOf(error) });
    }
  };
  return (
    <details>
      <summary>Report an outage or maintenance</summary>
      <form
        class="form"
        onSubmit={submit}
        onInput={(event) => setCommand(commandFor(new FormData(event.currentTarget)))}
      >
        <label>
          System
          <input name="system" required pattern="[a-z0-9][a-z0-9_\-]{0,31}" />
        </label>
        <label>
          Title, for users
          <input name="title" required maxLength={255} />
        </label>
        <label>
          Severity
          <select name="severity">
            {severities.map(([value, text]) => (
              <option key={value} value={value} selected={value === 'minor'}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label>
          Component (empty: the whole system)
          <input name="component" maxLength={128} />
        </label>
        <label>
          Began (empty: now; in the time zone of this browser)
          <input name="start" type="datetime-local" />
        </label>
        <label>
          Expected end
          <input name="end" type="datetime-local" />
        </label>
        <label class="wide">
          Description
          <textarea name="description" />
        </label>
        <div class="wide">
          <button type="submit" class="primary">
            Report
          </button>{' '}
          {message && (
            <span class={message.isBad ? 'problem' : ''} role="status">
              {message.text}
            </span>
          )}
        </div>
        <div class="wide">
          <p class="detail">The same from a collector's host:</p>
          <pre tabIndex={0}>{command}</pre>
        </div>
      </form>
    </details>
  );
}

/** Returns what to tell a user whose change was refused. */
export function refusalOf({ failure }: RequestFailed): string {
  if (failure.status === 401) return 'Sign in as a user who may report outages, or use the command.';
  if (failure.status === 403) return `You may not do this: ${failure.message}. Use the command, or ask for the scope.`;
  return failure.message;
}

function commandFor(form: FormData | null): string {
  const text = (name: string) => (form === null ? '' : textOf(form, name));
  const start = form === null ? null : timeOf(form, 'start');
  const end = form === null ? null : timeOf(form, 'end');
  return commandLine([
    ...['hpc-collector', 'outage', 'report', text('system') || 'SYSTEM'],
    ...['--title', text('title') || 'TITLE', '--severity', text('severity') || 'minor'],
    ...(text('component') === '' ? [] : ['--component', text('component')]),
    ...(text('description') === '' ? [] : ['--description', text('description')]),
    ...(start === null ? [] : ['--start', start]),
    ...(end === null ? [] : ['--eta', end]),
  ]);
}
