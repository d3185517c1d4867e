import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes the certificate `NAME.pem` in a directory, with its key `NAME.key`, that signs itself and can sign others. */
export function makeAuthority(directory: string, name: string): void {
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  openssl(
    directory,
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    '-days',
    '2',
    ...names,
  );
}

/** Makes one that an authority of that directory signs, for an address such as `IP:127.0.0.1` or `DNS:sam.example.org`. */
export function signCertificate(
  directory: string,
  name: string,
  { authority, address, days = 2 }: { readonly authority: string; readonly address: string; readonly days?: number },
): void {
  openssl(directory, 'req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  writeFileSync(join(directory, `${name}.ext`), `subjectAltName=${address}`);
  const signer = ['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-CAcreateserial'];
  const files = ['-in', `${name}.csr`, '-out', `${name}.pem`, '-extfile', `${name}.ext`];
  openssl(directory, 'x509', '-req', ...files, ...signer, ...(days > 0 ? ['-days', String(days)] : inThePast()));
}

/** OpenSSL 3.4 and later refuse a negative number of days, and earlier releases know no end date here. */
function inThePast(): string[] {
  const { stdout, stderr } = run(['openssl', 'x509', '-help']);
  const hasDates = `${stdout}${stderr}`.includes('-not_after');
  return hasDates ? ['-not_before', '20200101000000Z', '-not_after', '20200102000000Z'] : ['-days', '-1'];
}

function openssl(directory: string, ...argv: string[]): void {
  const { exit, stderr } = run(['openssl', ...argv], { cwd: directory });
  if (exit !== 0) throw new Error(`openssl ${argv[0]} failed: ${stderr}`);
}
