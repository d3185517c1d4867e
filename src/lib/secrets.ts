import type { HttpReply } from './http.ts';

/**
 * What came back without the secrets that were sent, which debugging pages and echo services show: it is stored and
 * logged. A short password is left, since it may be part of any word.
 */
export function withoutSecrets(secrets: readonly string[], reply: HttpReply): HttpReply {
  if (reply.kind === 'none') return reply;
  const hide = (text: string) =>
    secrets.filter((secret) => secret.length >= 8).reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return { ...reply, body: hide(reply.body), location: reply.location === null ? null : hide(reply.location) };
}
