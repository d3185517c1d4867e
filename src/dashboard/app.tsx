import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { reloadAll, request } from './data/fetching.ts';
import { useSession } from './data/session.ts';
import { isUtcSite, showsUtc, showUtc, zone } from './format/times.ts';
import { location } from './navigation.ts';
import { pageOf } from './pages/pages.ts';

const operators = '/collectors';
const sections: readonly (readonly [path: string, title: string])[] = [
  ['/', 'Overview'],
  ['/outages', 'Outages'],
  ['/events', 'Events'],
  ['/usage', 'Usage'],
  [operators, 'Collectors'],
  ['/about', 'About the numbers'],
];

/** The header and footer that all pages share, around the page that the address names. */
export function App() {
  const path = location.value.pathname;
  const { title, Page, parameters } = pageOf(path);
  const isOutsider = useSession()?.is_insider === false;
  const shown = sections.filter(([target]) => target !== operators || !isOutsider);
  useEffect(() => {
    document.title = path === '/' ? 'System status' : `${title} · System status`;
  }, [path, title]);
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="header">
        <div>
          <a class="home" href="/">
            System status
          </a>
          <nav aria-label="Pages">
            <ul>
              {shown.map(([target, name]) => (
                <li key={target}>
                  <Tab href={target} isCurrent={target === '/' ? path === '/' : path.startsWith(target)}>
                    {name}
                  </Tab>
                </li>
              ))}
            </ul>
          </nav>
          <Account />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Page key={path} {...parameters} />
      </main>
      <footer class="footer">
        <span>Times are in {zone()}.</span>
        {!isUtcSite && (
          <label>
            <input
              type="checkbox"
              checked={showsUtc.value}
              onChange={(event) => showUtc(event.currentTarget.checked)}
            />{' '}
            Show times in UTC
          </label>
        )}
        <a href="/status.atom" data-load="yes">
          Atom feed
        </a>
        <a href="/calendar.ics" data-load="yes">
          Calendar
        </a>
      </footer>
    </>
  );
}

/** The signed-in user with a button to sign out, or a link to sign in. */
function Account() {
  const session = useSession();
  if (session === null) return null;
  if (session.user === null) {
    return (
      <a class="account" href="/sign-in">
        Sign in
      </a>
    );
  }
  return (
    <span class="account">
      {session.user}{' '}
      <button type="button" class="quiet" onClick={signOut}>
        Sign out
      </button>
    </span>
  );
}

async function signOut(): Promise<void> {
  await request('/api/v1/session', { method: 'DELETE' });
  reloadAll();
}

function Tab({ href, isCurrent, children }: { href: string; isCurrent: boolean; children: ComponentChildren }) {
  return isCurrent ? (
    <a href={href} aria-current="page">
      {children}
    </a>
  ) : (
    <a href={href}>{children}</a>
  );
}
