// Vector: numbers that stand for a meaning, scaled to length one, so that a product of two is their cosine.

import { endianness } from 'node:os';

/** A vector without a direction stays as it is and is near to nothing. */
export function unit(vector: readonly number[]): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return Float32Array.from(vector, (x) => x / length);
}

/** Of two vectors of length one; 0 when they have not as many numbers. */
export function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

export function toBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(4 * vector.length);
  vector.forEach((x, i) => {
    bytes.writeFloatLE(x, 4 * i);
  });
  return bytes;
}

export function fromBytes(bytes: Buffer): Float32Array {
  if (endianness() === 'LE') return new Float32Array(Uint8Array.from(bytes).buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}
