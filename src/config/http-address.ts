import { isLoopback } from '../lib/address.ts';
import { OperatorError } from '../lib/errors.ts';

/** What the messages about an address call things. */
export type AddressWords = {
  /** `the SAM API's address`. */
  readonly what: string;
  /** The setting to correct. */
  readonly setting: string;
  /** Where credentials belong, which are not part of an address. */
  readonly credentials: string;
  /** The setting that allows plain HTTP. */
  readonly insecure: string;
};

/**
 * Checks the address of something that is sent a secret: http or https, no user in it; plain HTTP only to this host
 * unless that is allowed. Throws OperatorError with the mend.
 */
export function checkHttpAddress(address: string, allowInsecureHttp: boolean, words: AddressWords): string {
  // Not by the parsed URL: in `https://user:12#34@host` the host is `user`.
  if (address.includes('@')) {
    throw new OperatorError(`${words.what} has a user or password in it: use ${words.credentials}`);
  }
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    // Without the address: a mistyped one may have a password in it.
    throw new OperatorError(`${words.what} is no http or https URL: correct ${words.setting}`);
  }
  if (url.protocol === 'http:' && !isLoopback(url) && !allowInsecureHttp) {
    throw new OperatorError(
      `${address} is plain HTTP and would show the password to the network: use https, or set ${words.insecure}`,
    );
  }
  return address;
}
