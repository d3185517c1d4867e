import { z } from 'zod';
import { type Answered, json } from '../http/answer.ts';
import { type BodyLimits, isForm, readBody, readForm } from '../http/body.ts';
import { parseJson } from '../http/json.ts';
import { RequestProblem } from '../http/problem.ts';
import type { Call } from '../http/routing.ts';
import type { Visitor } from './access.ts';
import type { Authenticator } from './authentication.ts';
import type { Sessions } from './sessions.ts';

const credentials = z.object({ user: z.string().min(1), password: z.string().min(1) });

/**
 * Returns the handler that logs a browser in: `user` and `password` as JSON or as a form. It answers with the name of
 * the user, when the session ends, and a cookie.
 */
export function postSession(authenticator: Authenticator, sessions: Sessions, limits: BodyLimits) {
  return async ({ request, client }: Call): Promise<Answered> => {
    const given = isForm(request.headers)
      ? Object.fromEntries(await readForm(request, limits))
      : parseJson(await readBody(request, limits));
    const { success, data } = credentials.safeParse(given);
    if (!success) throw new RequestProblem(400, 'user and password must be non-empty texts');
    const { name } = await authenticator.login(data.user, data.password, client.address);
    const { cookie, expiresAt } = await sessions.begin(name, client);
    const body = JSON.stringify({ user: name, expires_at: expiresAt });
    return { response: json(201, body, { 'Set-Cookie': cookie }), note: name };
  };
}

/** Returns the handler that says who the client is and what it may do. It never answers 401 to a client without login. */
export function getSession() {
  return async (_: Call, { account, mayRead, isInsider, seesNames }: Visitor): Promise<Answered> => {
    const body = {
      user: account?.name ?? null,
      scopes: account?.scopes ?? [],
      may_read: mayRead,
      is_insider: isInsider,
      sees_names: seesNames,
    };
    return { response: json(200, JSON.stringify(body)) };
  };
}

/** Returns the handler that logs a browser out. */
export function deleteSession(sessions: Sessions) {
  return async ({ request, client }: Call): Promise<Answered> => {
    const cookie = await sessions.end(request.headers, client);
    return { response: new Response(null, { status: 204, headers: { 'Set-Cookie': cookie } }) };
  };
}
