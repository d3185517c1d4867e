import type { ComponentType } from 'preact';
import { SignIn } from '../components/sign-in.tsx';
import { filters } from '../data/usage.ts';
import { About } from './about.tsx';
import { Collectors } from './collectors.tsx';
import { Events } from './events/events.tsx';
import { HistoryPage } from './history.tsx';
import { JobPage } from './job/job.tsx';
import { MissingPage } from './missing.tsx';
import { Outages } from './outages/outages.tsx';
import { OverviewPage } from './overview/overview.tsx';
import type { PageParameters } from './parameters.ts';
import { SystemPage } from './system/system.tsx';
import { Usage } from './usage/usage.tsx';

type Entry = {
  readonly pattern: RegExp;
  readonly title: (parameters: PageParameters) => string;
  readonly Page: ComponentType<PageParameters>;
};

const pages: readonly Entry[] = [
  { pattern: /^\/$/, title: () => 'Overview', Page: OverviewPage },
  { pattern: /^\/systems\/(?<system>[^/]+)$/, title: ({ system }) => system ?? '', Page: SystemPage },
  {
    pattern: /^\/systems\/(?<system>[^/]+)\/history$/,
    title: ({ system }) => `History of ${system}`,
    Page: HistoryPage,
  },
  { pattern: /^\/outages$/, title: () => 'Outages', Page: Outages },
  { pattern: /^\/events$/, title: () => 'Events', Page: Events },
  { pattern: /^\/usage$/, title: () => 'Usage', Page: Usage },
  {
    pattern: new RegExp(`^/usage/(?<kind>${filters.join('|')})/(?<name>[^/]+)$`),
    title: ({ name }) => `Usage of ${name}`,
    Page: Usage,
  },
  {
    pattern: /^\/usage\/(?<kind>month)\/(?<name>\d{4}-(0[1-9]|1[0-2]))$/,
    title: ({ name }) => `Usage in ${name}`,
    Page: Usage,
  },
  {
    pattern: /^\/jobs\/(?<cluster>[^/]+)\/(?<name>[^/]+)$/,
    title: ({ cluster, name }) => `Job ${name} on ${cluster}`,
    Page: JobPage,
  },
  { pattern: /^\/collectors$/, title: () => 'Collectors', Page: Collectors },
  { pattern: /^\/sign-in$/, title: () => 'Sign in', Page: SignIn },
  { pattern: /^\/about$/, title: () => 'About the numbers', Page: About },
];

/** Returns the page of a path, its title, and what it is about. */
export function pageOf(path: string) {
  for (const { pattern, title, Page } of pages) {
    const found = pattern.exec(path);
    if (!found) continue;
    const parameters: PageParameters = Object.fromEntries(
      Object.entries(found.groups ?? {}).map(([name, value]) => [name, decoded(value)]),
    );
    return { title: title(parameters), Page, parameters };
  }
  return { title: 'No such page', Page: MissingPage, parameters: {} };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
