import { CLOSE_CODES } from '@millrace/protocol';
import { expect, test } from 'vitest';
import { CLOSE } from './session-replies.ts';

test('sockets are closed with the codes that the protocol names', () => {
  const { tooLarge, ...ours } = CLOSE_CODES;
  expect(CLOSE).toEqual(ours);
  // That one is the WebSocket library's own, on which a test of sockets insists.
  expect(tooLarge).toBe(1009);
});
