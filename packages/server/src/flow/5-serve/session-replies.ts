import type { ClosedData, Envelope, PositionData, SubscribeReply, UnsubscribeReply } from '@millrace/protocol';
import type { Document } from '../../core/value.ts';
import type { LivePosition } from './live.ts';
import { positionText } from './session-position.ts';

/** Codes with which a session closes its socket; those of the protocol, and the standard's for "try again later". */
export const CLOSE = {
  goingAway: 1001,
  invalidFrame: 1007,
  tryAgain: 1013,
  tooSlow: 4008,
  noPong: 4009,
  tooMany: 4029,
  unauthorized: 4401,
} as const;

export function refusalText(
  requestId: string,
  { id, group }: { readonly id: string; readonly group: string },
  error: string,
  code: string | undefined,
): string {
  const data: SubscribeReply = { group, id, ack: false, error, docs: null, ...(code === undefined ? {} : { code }) };
  return frameText({ type: 'realtime-subscribe', data, id: requestId });
}

export function unsubscribedText(requestId: string, id: string, group: string): string {
  const data: UnsubscribeReply = { group, id, ack: true, error: '', docs: null };
  return frameText({ type: 'realtime-unsubscribe', data, id: requestId });
}

/** In the shape of the other refusals, under the type that was sent. */
export function unknownTypeText(requestId: string, type: string, data: Document, error: string): string {
  const { id, group } = data;
  return frameText({ type: type.slice(0, 100), data: { group, id, ack: false, error, docs: null }, id: requestId });
}

export function closedText(idJson: string, code: string, error: string): string {
  const data: ClosedData = { id: JSON.parse(idJson) as string, code, error };
  return frameText({ type: 'realtime-closed', data, id: '' });
}

/** `position`: undefined where not all subscriptions are exact at one. */
export function ourPositionText(position: LivePosition | undefined, heartbeatMs: number): string {
  const data: PositionData = { ...(position === undefined ? {} : { position: positionText(position) }), heartbeatMs };
  return frameText({ type: 'realtime-position', data, id: '' });
}

function frameText(frame: Envelope): string {
  return JSON.stringify(frame);
}
