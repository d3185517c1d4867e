import { readFileSync } from 'node:fs';
import type { Answered } from '../http/answer.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import { type EmbeddedFile, embeddedFiles } from './embedded.ts';

/** The content security policy of a page: only files of this receiver, no inline script or style, no frame around it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const commonHeaders = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  Vary: 'Accept-Encoding',
};

/** The settings of the site that a page has before it loads data. */
export type SiteSettings = {
  /** The IANA time zone in which the pages show times. */
  readonly timeZone: string;
};

type Content = { readonly plain: Uint8Array; readonly gzip: Uint8Array };

/**
 * Returns the handler that answers every page of the dashboard. The script in it reads the path and shows the page.
 * @throws RequestProblem 404 if the receiver runs from its sources, which have no built pages
 */
export function getPage(settings: SiteSettings) {
  const template = fileNamed('index.html');
  const html = template === null ? '' : pageOf(readFileSync(template.plain, 'utf8'), settings);
  const plain = new TextEncoder().encode(html);
  const content: Content = { plain, gzip: Bun.gzipSync(plain) };
  const etag = `"${new Bun.CryptoHasher('sha256').update(plain).digest('hex')}"`;
  return async (call: Call): Promise<Answered> => {
    if (template === null) throw new RequestProblem(404, 'This receiver has no pages: run the built executable');
    return answer(call, () => content, etag, { 'Content-Type': template.contentType, 'Cache-Control': 'no-cache' });
  };
}

/**
 * Returns the handler that answers the scripts, styles and pictures of the dashboard.
 * @throws RequestProblem 404 for another name
 */
export function getAsset() {
  return async (call: Call): Promise<Answered> => {
    const file = fileNamed(call.parameters.file ?? '');
    if (file === null || file.name === 'index.html') throw new RequestProblem(404, 'Not found');
    return answer(call, () => contentOf(file), `"${file.sha256}"`, {
      'Content-Type': file.contentType,
      // The name has a hash of the content, so another content has another name.
      'Cache-Control': 'public, max-age=31536000, immutable',
    });
  };
}

const fileNamed = (name: string): EmbeddedFile | null => embeddedFiles.find((file) => file.name === name) ?? null;

function contentOf({ plain, gzip }: EmbeddedFile): Content {
  return { plain: readFileSync(plain), gzip: readFileSync(gzip) };
}

function pageOf(template: string, { timeZone }: SiteSettings): string {
  return template.replace('{timeZone}', Bun.escapeHTML(timeZone));
}

function answer(
  { request }: Call,
  content: () => Content,
  etag: string,
  headers: Readonly<Record<string, string>>,
): Answered {
  const all = { ...commonHeaders, ...headers, ETag: etag };
  if (namesTag(request.headers.get('if-none-match'), etag)) {
    return { response: new Response(null, { status: 304, headers: all }) };
  }
  const { plain, gzip } = content();
  if (!acceptsGzip(request.headers.get('accept-encoding'))) return { response: new Response(plain, { headers: all }) };
  return { response: new Response(gzip, { headers: { ...all, 'Content-Encoding': 'gzip' } }) };
}

/** True if an `If-None-Match` header has the tag. A proxy that compresses makes tags weak (RFC 9110 §8.8.3.2). */
function namesTag(header: string | null, etag: string): boolean {
  return (header ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

function acceptsGzip(header: string | null): boolean {
  return (header ?? '').split(',').some((coding) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(coding));
}
