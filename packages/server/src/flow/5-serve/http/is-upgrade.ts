import type { IncomingMessage } from 'node:http';

/** Whether a connection was to become another with this request: Node then hands the bare socket over. A wish alone is none. */
export function isUpgrade(request: IncomingMessage): boolean {
  return (request as { readonly upgrade?: boolean | null }).upgrade === true;
}
