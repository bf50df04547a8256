// Socket frame: one event as the bytes of one WebSocket text frame (RFC 6455, section 5.2), printed once for all followers:
// unmasked as servers send, and uncompressed, since this server negotiates no extension.

import type { events } from '@molecule/contracts';

const FINAL_TEXT = 0x81;
const LARGEST_IN_7_BITS = 125;
const LARGEST_IN_16_BITS = 0xffff;

const printed = new WeakMap<events.EventFrame, Buffer>();

export function printFrame(frame: events.EventFrame): Buffer {
  const known = printed.get(frame);
  if (known) return known;
  const bytes = frameText(JSON.stringify(frame));
  printed.set(frame, bytes);
  return bytes;
}

export function frameText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const offset = length <= LARGEST_IN_7_BITS ? 2 : length <= LARGEST_IN_16_BITS ? 4 : 10;
  const bytes = Buffer.allocUnsafe(offset + length);
  bytes[0] = FINAL_TEXT;
  if (offset === 2) bytes[1] = length;
  else if (offset === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  bytes.write(text, offset);
  return bytes;
}
