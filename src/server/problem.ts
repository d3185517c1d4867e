/** The words behind a refusal: thrown anywhere in a request, answered as JSON, never a bug. */
export class RequestProblem extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param status the HTTP status, 4xx or 503
   * @param message goes to the client as `{ "error": message }`: no SQL, no paths, no secrets
   * @param headers extra response headers
   */
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'RequestProblem';
    this.status = status;
    this.headers = headers;
  }
}
