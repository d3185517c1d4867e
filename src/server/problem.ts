/** The words behind a refusal: thrown anywhere in a request, answered as JSON, never a bug. */
export class RequestProblem extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly detail: unknown;

  /**
   * @param status the HTTP status, 4xx, 500 or 503
   * @param message goes to the client as `{ "error": message }`: no SQL, no paths, no secrets
   * @param headers extra response headers
   * @param detail goes to a client of the ingest API as `{ "detail": … }` where that is more than the message
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
