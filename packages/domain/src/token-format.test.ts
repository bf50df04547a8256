// Tokens: their shape, and that a slip of the finger is noticed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatToken, looksLikeToken, TOKEN_KINDS, type TokenKind, tokenPrefix } from './token-format.ts';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const random43 = fc.string({ unit: fc.constantFrom(...BASE64URL), minLength: 43, maxLength: 43 });
const kind = fc.constantFrom(...(Object.keys(TOKEN_KINDS) as TokenKind[]));

describe('a token', () => {
  it('is recognised by its shape and its checksum', () => {
    fc.assert(
      fc.property(random43, kind, (text, k) => {
        expect(looksLikeToken(formatToken(text, k))).toBe(true);
      }),
    );
  });

  it('is not recognised with one character replaced', () => {
    fc.assert(
      fc.property(random43, kind, fc.nat(50), fc.nat(63), (text, k, at, pick) => {
        const token = formatToken(text, k);
        const other = BASE64URL[pick]!;
        fc.pre(token[at] !== other);
        expect(looksLikeToken(token.slice(0, at) + other + token.slice(at + 1))).toBe(false);
      }),
    );
  });

  it('is not recognised with two neighbours swapped', () => {
    fc.assert(
      fc.property(random43, kind, fc.nat(49), (text, k, at) => {
        const token = formatToken(text, k);
        fc.pre(token[at] !== token[at + 1]);
        const swapped = token.slice(0, at) + token[at + 1] + token[at] + token.slice(at + 2);
        expect(looksLikeToken(swapped)).toBe(false);
      }),
    );
  });

  it('is not recognised cut, padded, or with something around it', () => {
    const token = formatToken('x'.repeat(43), 'workspace');
    for (const bad of [
      token.slice(1),
      token.slice(0, -1),
      `${token}0`,
      ` ${token}`,
      `${token}\n`,
      '',
      'Bearer x',
    ]) {
      expect(looksLikeToken(bad), JSON.stringify(bad)).toBe(false);
    }
  });

  it('tells its kind apart from every other kind', () => {
    const tokens = (Object.keys(TOKEN_KINDS) as TokenKind[]).map((k) => formatToken('y'.repeat(43), k));
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(new Set(Object.values(TOKEN_KINDS)).size).toBe(tokens.length);
  });

  it('has a prefix that comes from its random part', () => {
    fc.assert(
      fc.property(random43, kind, (text, k) => {
        expect(tokenPrefix(formatToken(text, k))).toBe(text.slice(0, 8));
      }),
    );
  });

  it('keeps the checksum that is already on tokens in the world', () => {
    expect(formatToken('A'.repeat(43), 'org')).toBe(`${'A'.repeat(43)}_oMly971`);
  });
});
