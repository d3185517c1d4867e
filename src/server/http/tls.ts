import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf, OperatorError } from '../../lib/errors.ts';

/** The PEM files of a TLS server. The certificate's file has the intermediate certificates after it. */
export type TlsFiles = { readonly certificate: string; readonly key: string };

/** The texts of the files. */
export type TlsTexts = { readonly cert: string; readonly key: string };

/**
 * Reads and checks the files.
 * @throws OperatorError if one cannot be read or used, the key is not that of the certificate, or the certificate is
 *   not valid now
 */
export function readTls(files: TlsFiles, now: Date): TlsTexts {
  const texts = { cert: readText(files.certificate), key: readText(files.key) };
  const certificate = parsed(files.certificate, 'a certificate in PEM form', () => new X509Certificate(texts.cert));
  const key = parsed(files.key, 'an unencrypted private key in PEM form', () => createPrivateKey(texts.key));
  if (!certificate.checkPrivateKey(key)) {
    throw new OperatorError(
      `${files.key} is not the key of the certificate in ${files.certificate}: give both of one.`,
    );
  }
  if (now < new Date(certificate.validFrom) || now > new Date(certificate.validTo)) {
    throw new OperatorError(
      `The certificate in ${files.certificate} is valid from ${certificate.validFrom} to ${certificate.validTo}, not now: renew it.`,
    );
  }
  return texts;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`Cannot read ${file}: ${messageOf(error)}. Check --tls-cert and --tls-key.`, {
      cause: error,
    });
  }
}

function parsed<Result>(file: string, what: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    throw new OperatorError(`${file} does not have ${what}.`, { cause: error });
  }
}
