// Return address: where a browser may be led after sign-in.

/** A path of ours, or an address under the platform's domain in the platform's own scheme. */
export function isOurs(
  text: string,
  { appDomain, isHttps }: { appDomain: string; isHttps: boolean },
): boolean {
  // Browsers read `/\` as `//`, which leads to another host, and drop control characters.
  if (/[\\\s\p{Cc}]/u.test(text)) return false;
  if (text.startsWith('/')) return !text.startsWith('//');
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isSchemeRight = protocol === (isHttps ? 'https:' : 'http:');
  const isHostRight = hostname === appDomain || hostname.endsWith(`.${appDomain}`);
  return isSchemeRight && isHostRight && username === '' && password === '';
}
