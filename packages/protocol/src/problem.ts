/** Body of an error answer over HTTP (RFC 9457, `application/problem+json`). */
export interface ProblemDetails {
  /** `urn:millrace:error:<CODE>`, or `about:blank` where the status says it all. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What, where, which value, what was expected. */
  readonly detail: string;
  /** Of the error catalogue. */
  readonly code: string;
  /** What to do. */
  readonly cure?: string;
}
