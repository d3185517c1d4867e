import { OperatorError } from '../lib/errors.ts';

const statusPath = /\/api\/v1\/status\/?$/;

/** The API's address without the `/api/v1/status` that some of its settings carry, and without a slash at the end. */
export function samBaseUrl(text: string): string {
  return text.trim().replace(/\/+$/, '').replace(statusPath, '').replace(/\/+$/, '');
}

/**
 * Checks the API's address: http or https, no user in it; plain HTTP only to this host unless that is allowed.
 * Throws OperatorError with the mend.
 */
export function checkSamUrl(text: string, allowInsecureHttp: boolean): string {
  const base = samBaseUrl(text);
  const url = URL.canParse(base) ? new URL(base) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new OperatorError(`the SAM API's address '${text}' is no http or https URL: correct STATUS_API_URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new OperatorError(
      "the SAM API's address has a user or password in it: use STATUS_API_USER and STATUS_API_PASSWORD",
    );
  }
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !isLoopback && !allowInsecureHttp) {
    throw new OperatorError(
      `${base} is plain HTTP and would show the password to the network: use https, or set destinations.sam.allow_insecure_http`,
    );
  }
  return base;
}
