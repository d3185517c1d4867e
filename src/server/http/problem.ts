/** Thrown if a request cannot be answered as it asks. The API answers it as JSON. */
export class RequestProblem extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly detail: unknown;

  /**
   * @param status the HTTP status, 4xx, 500 or 503
   * @param message for the client; it must not have SQL, paths or secrets
   * @param headers extra response headers
   * @param detail for a client of the ingest API, if it is more than the message
   */
  constructor(
    status: number,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    detail: unknown = message,
  ) {
    super(message);
    this.name = 'RequestProblem';
    this.status = status;
    this.headers = headers;
    this.detail = detail;
  }
}
