// Organisation slugs: the names under which tenants are reached. A slug is one DNS label and never changes.

/** Names that lead to the platform or to nobody, and never to a tenant. */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set(
  'app www api admin cp dashboard billing status docs staging mail send doc localhost'.split(' '),
);

/** Kept for workspaces' own names and for test suites. */
const RESERVED_PREFIXES = ['ws-', 'e2e-'] as const;
const SHAPE = /^[a-z][a-z0-9-]{2,31}$/;

/** Has the text the shape of a slug? Says nothing about whether it may be taken. */
export function isSlug(text: unknown): text is string {
  return typeof text === 'string' && SHAPE.test(text);
}

/** Why nobody may take this slug, as a sentence; null when it may be taken. `isTest`: the caller is a test principal. */
export function refuseSlug(text: string, options: { isTest?: boolean } = {}): string | null {
  if (!isSlug(text)) {
    return 'slug must be 3 to 32 characters: lower-case letters, digits and hyphens, beginning with a letter';
  }
  // A name in Punycode is shown as other characters, which may look like somebody else's name.
  if (text.startsWith('xn--') || text.endsWith('-'))
    return 'slug must not begin with xn-- or end with a hyphen';
  const isPrefixed = RESERVED_PREFIXES.some((prefix) => text.startsWith(prefix));
  if (RESERVED_SLUGS.has(text) || (isPrefixed && !options.isTest)) return 'slug is reserved';
  return null;
}
