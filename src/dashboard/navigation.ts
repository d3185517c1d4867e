import { signal } from '@preact/signals';

/** The address of the page that is shown. */
export const location = signal(new URL(window.location.href));

/**
 * Shows another page of the dashboard.
 * @param address path and query
 * @param how `replace` does not add to the history of the browser: for a filter that changes as the user types
 */
export function navigate(address: string, how: 'push' | 'replace' = 'push'): void {
  const target = new URL(address, window.location.href);
  const isOtherPage = target.pathname !== location.value.pathname;
  // Pressing the link of the page that is shown adds nothing to the history of the browser.
  if (target.href === location.value.href) return;
  if (how === 'replace') history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  location.value = target;
  if (!isOtherPage) return;
  window.scrollTo(0, 0);
  // Read out the new page, and continue from its top with the keyboard.
  requestAnimationFrame(() => document.querySelector('main')?.focus({ preventScroll: true }));
}

/** Returns a parameter of the address; empty if it is absent. */
export function parameter(name: string): string {
  return location.value.searchParams.get(name) ?? '';
}

/** Returns the address of this page with other parameters. An empty value removes a parameter. */
export function withParameters(changes: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(location.value.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return location.value.pathname + (text === '' ? '' : `?${text}`);
}

/** Changes parameters of the address. */
export function setParameters(changes: Readonly<Record<string, string>>, how: 'push' | 'replace' = 'push'): void {
  navigate(withParameters(changes), how);
}

/** Lets links between pages of the dashboard work without loading everything again, and the back button too. */
export function startNavigation(): void {
  window.addEventListener('popstate', () => {
    location.value = new URL(window.location.href);
  });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented || link.hasAttribute('download') || link.dataset.load === 'yes')
      return;
    if (link.origin !== window.location.origin || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    navigate(link.href);
  });
}
