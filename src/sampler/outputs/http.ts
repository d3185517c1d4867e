import { readFileSync } from 'node:fs';
import { readSecretFile } from '../../config/secret-file.ts';
import { send } from '../../lib/http.ts';
import { expand } from '../patterns.ts';
import { type Output, outputJson } from './output.ts';

export type HttpOutputSettings = {
  readonly uri: string;
  readonly jobid_hash_size: number | null;
  readonly ca_file?: string | undefined;
  readonly cert_file?: string | undefined;
  readonly key_file?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly api_key_file?: string | undefined;
  readonly exclude: readonly string[];
  readonly retry_count: number;
  readonly retry_sleep: number;
};

/** Posts the data of a job to a server; any status of 2xx is a success. */
export function httpOutput(settings: HttpOutputSettings, job: number | string, node: string): Output {
  const { username, password, api_key_file: keyFile } = settings;
  const url = expand(settings.uri, { job, node, hashSize: settings.jobid_hash_size });
  return {
    id: 'output.Http',
    retries: settings.retry_count,
    pauseSeconds: settings.retry_sleep,
    async write(data) {
      const key = keyFile === undefined ? null : readSecretFile(keyFile, 'an API key')?.trim();
      const login =
        username === undefined ? null : `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
      const reply = await send({
        url,
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(login !== null && { Authorization: login }),
          ...(key && { 'X-API-Key': key }),
        },
        body: outputJson(data, settings.exclude),
        timeoutSeconds: 30,
        ca: settings.ca_file === undefined ? null : readFileSync(settings.ca_file, 'utf8'),
        identity: identityOf(settings),
        proxy: null,
      });
      if (reply.kind === 'none') throw new Error(`${new URL(url).host}: ${reply.reason}`);
      if (reply.status < 200 || reply.status > 299) throw new Error(`${new URL(url).host} answers ${reply.status}`);
    },
  };
}

function identityOf({ cert_file: cert, key_file: key }: HttpOutputSettings) {
  if (cert === undefined || key === undefined) return undefined;
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}
