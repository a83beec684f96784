import type { ProblemDetails } from '@millrace/protocol';
import { MillraceError } from './error.ts';
import { parseExtendedJson } from './extended-json.ts';
import type { TokenSource } from './link.ts';

export interface HttpOptions {
  /** Of the server, with a slash at its end. */
  readonly url: string;
  readonly token: TokenSource;
  readonly fetch: typeof fetch;
  readonly requestMs: number;
}

export interface RequestOptions {
  /** Gives the request up; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Types of values survive in extended JSON alone. */
const ACCEPT = 'application/ejson+json, application/json;q=0.9';

/** Reads over HTTP, for what is asked once. */
export class Http {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** The answer's value; undefined for 404 where `mayMiss`. Throws a `MillraceError` with the server's code. */
  async get(
    path: string,
    parameters: Readonly<Record<string, string | undefined>>,
    options: RequestOptions & { mayMiss?: boolean } = {},
  ): Promise<unknown> {
    const url = new URL(path, this.#options.url);
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
    const { status, text } = await this.#fetch(url, options.signal);
    const answer = parseAnswer(text);
    if (status >= 200 && status < 300) {
      if (answer === undefined)
        throw new MillraceError('INVALID_ANSWER', `${url.origin} answered with something that is no JSON`, { status });
      return answer.value;
    }
    const error = problemOf(answer?.value, url, status);
    if (options.mayMiss === true && status === 404 && error.code === 'UNKNOWN_DOCUMENT') return undefined;
    throw error;
  }

  async #fetch(url: URL, signal: AbortSignal | undefined): Promise<{ readonly status: number; readonly text: string }> {
    const { token, requestMs } = this.#options;
    const timeout = AbortSignal.timeout(requestMs);
    try {
      const bearer = typeof token === 'function' ? await token() : token;
      const response = await this.#options.fetch(url, {
        headers: { Accept: ACCEPT, ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }) },
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (timeout.aborted) throw new MillraceError('TIMEOUT', `No answer from ${url.origin} within ${requestMs} ms`, { cause: error });
      if (error instanceof MillraceError) throw error;
      throw new MillraceError('UNREACHABLE', `No answer from ${url.origin}`, { cause: error });
    }
  }
}

function parseAnswer(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseExtendedJson(text) };
  } catch {
    return undefined;
  }
}

function problemOf(body: unknown, url: URL, status: number): MillraceError {
  const { code, detail, title, cure } = (typeof body === 'object' && body !== null ? body : {}) as Partial<ProblemDetails>;
  const fallback = status === 401 ? 'UNAUTHORIZED' : 'INVALID_ANSWER';
  return new MillraceError(code ?? fallback, detail ?? title ?? `${url.origin}${url.pathname} answered with status ${status}`, {
    status,
    cure,
  });
}
