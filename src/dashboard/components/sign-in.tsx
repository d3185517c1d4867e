import { signal } from '@preact/signals';
import { RequestFailed, reloadAll, request } from '../data/fetching.ts';
import { navigate } from '../navigation.ts';

const problem = signal<string | null>(null);

async function submit(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLFormElement)) return;
  const form = new FormData(event.currentTarget);
  try {
    await request('/api/v1/session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user: form.get('user'), password: form.get('password') }),
    });
    problem.value = null;
    if (window.location.pathname === '/sign-in') navigate('/');
    reloadAll();
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    problem.value = error.message;
  }
}

/** The form for a name and a password. */
export function SignIn() {
  return (
    <form class="sign-in" onSubmit={submit}>
      <h1>Sign in</h1>
      <p>
        With a user of this receiver (<code>serve user add</code>).
      </p>
      <label>
        User
        <input name="user" autocomplete="username" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <button type="submit" class="primary">
        Sign in
      </button>
    </form>
  );
}
