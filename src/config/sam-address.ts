import { checkHttpAddress } from './http-address.ts';

const statusPath = /\/api\/v1\/status\/?$/;

/** The API's address without the `/api/v1/status` that some of its settings carry, and without a slash at the end. */
export function samBaseUrl(text: string): string {
  return text.trim().replace(/\/+$/, '').replace(statusPath, '').replace(/\/+$/, '');
}

/** Checks the API's address and gives it back as `samBaseUrl` does. Throws OperatorError with the mend. */
export function checkSamUrl(text: string, allowInsecureHttp: boolean): string {
  return checkHttpAddress(samBaseUrl(text), allowInsecureHttp, {
    what: "the SAM API's address",
    setting: 'STATUS_API_URL',
    credentials: 'STATUS_API_USER and STATUS_API_PASSWORD',
    insecure: 'destinations.sam.allow_insecure_http',
  });
}
