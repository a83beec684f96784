const FINAL_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/**
 * Messages as the bytes of WebSocket (RFC 6455, unmasked, uncompressed): one buffer, so that all of them are one write to the socket,
 * which is what a message costs.
 */
export function textFrames(texts: readonly string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  let size = 0;
  for (const length of lengths) size += headerLength(length) + length;
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  texts.forEach((text, i) => {
    const length = lengths[i] as number;
    at = writeHeader(buffer, at, length);
    at += buffer.write(text, at, length, 'utf8');
  });
  return buffer;
}

function headerLength(length: number): number {
  return length < LENGTH_16 ? 2 : length < 0x1_0000 ? 4 : 10;
}

function writeHeader(buffer: Buffer, at: number, length: number): number {
  buffer[at] = FINAL_TEXT;
  if (length < LENGTH_16) {
    buffer[at + 1] = length;
    return at + 2;
  }
  if (length < 0x1_0000) {
    buffer[at + 1] = LENGTH_16;
    return buffer.writeUInt16BE(length, at + 2);
  }
  buffer[at + 1] = LENGTH_64;
  buffer.writeBigUInt64BE(BigInt(length), at + 2);
  return at + 10;
}
