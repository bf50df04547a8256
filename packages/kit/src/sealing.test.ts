// Sealing: what is sealed opens with its key in its place (K1, K2), and with nothing else; keys have one spelling (K3).

import { createCipheriv, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  generateSealingKey,
  openSeal,
  openUnplacedSeal,
  parseSealingKey,
  SealBroken,
  seal,
} from './sealing.ts';

const key = parseSealingKey(generateSealingKey());
const other = parseSealingKey(generateSealingKey());
const place = ['org', 'secrets', 'sealed', 'workspace', 'NAME'];

describe('a sealed value', () => {
  it.each(['', 'canary', 'ünïcode ✓', 'x'.repeat(100_000)])('opens to what was sealed (%#)', (value) => {
    const sealed = seal(key, value, place);
    expect(openSeal([other, key], sealed, place).reveal()).toBe(value);
    expect(sealed[0]).toBe(3);
    if (value !== '') expect(sealed.includes(value)).toBe(false);
  });

  it('is different each time', () => {
    expect(seal(key, 'canary', place).equals(seal(key, 'canary', place))).toBe(false);
  });

  it.each([
    ['another organisation', ['x', 'secrets', 'sealed', 'workspace', 'NAME']],
    ['another workspace', ['org', 'secrets', 'sealed', 'other', 'NAME']],
    ['another name', ['org', 'secrets', 'sealed', 'workspace', 'OTHER']],
    ['parts cut elsewhere', ['org', 'secrets', 'sealed', 'workspaceN', 'AME']],
    ['fewer parts', ['org', 'secrets']],
  ])('does not open in %s', (_, elsewhere) => {
    expect(() => openSeal([key], seal(key, 'canary', place), elsewhere)).toThrow(SealBroken);
  });

  it('does not open with another key, relabelled or not', () => {
    const sealed = seal(key, 'canary', place);
    expect(() => openSeal([other], sealed, place)).toThrow(SealBroken);
    const relabelled = Buffer.from(sealed);
    relabelled[1] = Number.parseInt(other.id.slice(0, 2), 16);
    expect(() => openSeal([other], relabelled, place)).toThrow(SealBroken);
    expect(() => openSeal([], sealed, place)).toThrow(SealBroken);
  });

  it('does not open with any one byte changed, or cut short', () => {
    const sealed = seal(key, 'canary', place);
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => openSeal([key], changed, place)).toThrow(SealBroken);
      expect(() => openSeal([key], sealed.subarray(0, i), place)).toThrow(SealBroken);
    }
  });

  it('of the earlier layout opens without a place', () => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.bytes.reveal(), 'base64'), nonce);
    const old = Buffer.concat([nonce, cipher.update('canary'), cipher.final(), cipher.getAuthTag()]);
    expect(openUnplacedSeal([other, key], old).reveal()).toBe('canary');
    expect(() => openUnplacedSeal([other], old)).toThrow(SealBroken);
    expect(() => openUnplacedSeal([key], old.subarray(0, 20))).toThrow(SealBroken);
  });
});

describe('a sealing key', () => {
  const raw = '0123456789abcdef0123456789abcdef';

  it('is the same in every spelling', () => {
    const { id } = parseSealingKey(raw);
    expect(parseSealingKey(Buffer.from(raw).toString('base64')).id).toBe(id);
    expect(parseSealingKey(Buffer.from(raw).toString('base64url')).id).toBe(id);
    expect(parseSealingKey(Buffer.from(raw).toString('hex')).id).toBe(id);
    expect(parseSealingKey(Buffer.from(raw).toString('hex').toUpperCase()).id).toBe(id);
  });

  it.each([
    '',
    'short',
    'x'.repeat(31),
    'x'.repeat(33),
    'é'.repeat(32),
    `${'A'.repeat(44)}=`,
    'g'.repeat(64),
  ])('is not %j', (text) => {
    expect(() => parseSealingKey(text)).toThrow('must be 64 hex characters');
  });

  it('is not shown by printing it', () => {
    expect(inspect(parseSealingKey(raw)) + JSON.stringify(parseSealingKey(raw))).not.toContain(raw);
  });
});
