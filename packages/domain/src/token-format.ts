// Token format: 43 random characters, then `_`, one letter for the kind and six checksum characters.
// The random part stands first, so that the first eight characters (`prefix`) tell two tokens apart; the checksum lets
// secret scanners and typing errors be recognised without asking a database.

export const TOKEN_KINDS = { workspace: 'w', org: 'o', admin: 'a', session: 's', signin: 'c' } as const;
export type TokenKind = keyof typeof TOKEN_KINDS;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SHAPE = /^[A-Za-z0-9_-]{43}_[woasc][0-9A-Za-z]{6}$/;

/** Finds our tokens anywhere in a text; for cutting them out of logs. */
export const TOKEN_PATTERN = /[A-Za-z0-9_-]{43}_[woasc][0-9A-Za-z]{6}/g;

/** Six base-62 characters over the random part and the kind letter (FNV-1a, 64 bit). Not a security measure. */
export function tokenChecksum(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  let out = '';
  for (let i = 0; i < 6; i++) {
    out += ALPHABET[Number(hash % 62n)];
    hash /= 62n;
  }
  return out;
}

/** Appends kind and checksum to 43 random base64url characters. */
export function formatToken(random43: string, kind: TokenKind): string {
  const body = `${random43}_${TOKEN_KINDS[kind]}`;
  return body + tokenChecksum(body);
}

/** True when the text has the shape of one of our tokens and its checksum fits. */
export function looksLikeToken(text: string): boolean {
  return SHAPE.test(text) && tokenChecksum(text.slice(0, 45)) === text.slice(45);
}

export function tokenPrefix(token: string): string {
  return token.slice(0, 8);
}
