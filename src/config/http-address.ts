import { isLoopback } from '../lib/address.ts';
import { OperatorError } from '../lib/errors.ts';

/** The names that messages about an address use. */
export type AddressWords = {
  /** `the SAM API's address`. */
  readonly what: string;
  /** The setting to correct. */
  readonly setting: string;
  /** The settings for credentials, because an address must not contain them. */
  readonly credentials: string;
  /** The setting that allows plain HTTP. */
  readonly insecure: string;
};

/**
 * Returns an address that requests with a secret go to. It must be http or https, and must not contain a user. Plain
 * HTTP must be to this host, unless that is allowed. Throws OperatorError with the remedy.
 */
export function checkHttpAddress(address: string, allowInsecureHttp: boolean, words: AddressWords): string {
  // Do not check the parsed URL: in `https://user:12#34@host` the host is `user`.
  if (address.includes('@')) {
    throw new OperatorError(`${words.what} has a user or password in it: use ${words.credentials}`);
  }
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    // Do not show the address: a mistyped one can contain a password.
    throw new OperatorError(`${words.what} is not an http or https URL: correct ${words.setting}`);
  }
  if (url.protocol === 'http:' && !isLoopback(url) && !allowInsecureHttp) {
    throw new OperatorError(
      `${address} is plain HTTP and would show the password to the network: use https, or set ${words.insecure}`,
    );
  }
  return address;
}
