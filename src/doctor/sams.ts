import { readAuthority } from '../config/authority.ts';
import { variablesOf } from '../config/destinations.ts';
import type { IngestSettings } from '../config/ingest.ts';
import { OperatorError } from '../lib/errors.ts';
import { send } from '../lib/http.ts';
import { type CheckResult, fail, pass } from './finding.ts';

/**
 * Checks that the server of a destination for sampled jobs answers. It cannot check the key: the original post receiver
 * stores whatever is posted.
 */
export async function checkSams(settings: IngestSettings, name: string): Promise<CheckResult[]> {
  const { baseUrl, ca_file, proxy } = settings;
  const check = `${name} API`;
  const [variable] = variablesOf(name).url;
  if (baseUrl === null) return [fail(check, 'no address is configured', `set ${variable}`)];
  try {
    const ca = ca_file === undefined ? null : readAuthority(ca_file, `destinations.${name}.ca_file`);
    const request = {
      url: `${baseUrl}/`,
      method: 'GET',
      headers: {},
      body: null,
      timeoutSeconds: 20,
      ca,
      proxy,
    } as const;
    const reply = await send(request);
    if (reply.kind === 'answer') return [pass(check, `${baseUrl} answers`)];
    return [fail(check, `${baseUrl}: ${reply.reason}`, `curl -sS ${baseUrl}   # or correct ${variable}`)];
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return [fail(check, error.message, `hpc-collector config show   # destinations.${name}.ca_file`)];
  }
}
