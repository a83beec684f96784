import { AppError } from '../../core/errors.ts';

/** What a broker says where it is the user who is not let in, or not allowed to. */
const REFUSED: ReadonlySet<string> = new Set([
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SECURITY_DISABLED',
  'POLICY_VIOLATION',
]);
/** Of a certificate that is not trusted, on either side, as Node and OpenSSL name it. */
const CERTIFICATE =
  /^(?:ERR_(?:SSL|TLS|OSSL)_|CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY|DECODE)|HOSTNAME_MISMATCH)/;
/** Refused for where it stands in a group: trying again with a new place in it would do harm. */
const NOT_A_MEMBER: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
]);

interface ClientError {
  readonly message?: string;
  /** Of the protocol, for example NOT_LEADER_OR_FOLLOWER. */
  readonly apiId?: string;
  readonly code?: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
  readonly serverErrorMessage?: string | null;
}

/** An error of the client and everything that it is made of: the real reason stands deep inside. */
function partsOf(error: unknown, depth = 0): ClientError[] {
  if (typeof error !== 'object' || error === null || depth > 8) return [];
  const part = error as ClientError;
  return [part, ...(part.errors ?? []).flatMap((each) => partsOf(each, depth + 1)), ...partsOf(part.cause, depth + 1)];
}

export function hasProtocolError(error: unknown, ...ids: readonly string[]): boolean {
  return partsOf(error).some(({ apiId }) => apiId !== undefined && ids.includes(apiId));
}

export function isNotAMember(error: unknown): boolean {
  return partsOf(error).some(({ apiId }) => apiId !== undefined && NOT_A_MEMBER.has(apiId));
}

export function isUnknownTopic(error: unknown): boolean {
  return partsOf(error).some(
    ({ apiId, message }) =>
      apiId === 'UNKNOWN_TOPIC_OR_PARTITION' ||
      apiId === 'UNKNOWN_TOPIC_ID' ||
      apiId === 'INVALID_TOPIC_EXCEPTION' ||
      /^Unknown topic .*\.$/.test(message ?? ''),
  );
}

/** Neither waiting nor another broker cures it. */
export function isRefused(error: unknown): boolean {
  return partsOf(error).some(
    ({ apiId, code }) =>
      (apiId !== undefined && REFUSED.has(apiId)) || code === 'PLT_KFK_AUTHENTICATION' || (code !== undefined && CERTIFICATE.test(code)),
  );
}

/** The innermost reasons, each once. */
export function reasonOf(error: unknown): string {
  const parts = partsOf(error);
  const inner = parts.filter(({ errors, cause }) => (errors ?? []).length === 0 && typeof cause !== 'object');
  const texts = (inner.length === 0 ? parts : inner).map(({ apiId, message = '', serverErrorMessage }) => {
    const text = (serverErrorMessage ?? message).replace(/\.$/, '');
    return apiId === undefined || text.includes(apiId) ? text : `${text} (${apiId})`;
  });
  const reasons = [...new Set(texts.filter((text) => text !== ''))];
  return reasons.length === 0 ? String(error) : reasons.slice(0, 3).join('; ');
}

/** The error that people see. `doing`: what was tried, as "Cannot …". */
export function toLogError(error: unknown, doing: string): AppError {
  if (error instanceof AppError) return error;
  return new AppError(isRefused(error) ? 'LOG_REFUSED' : 'LOG_UNREACHABLE', `${doing}: ${reasonOf(error)}`, { cause: error });
}
