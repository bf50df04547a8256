// Platform paths: what of the control plane a tenant lets through. Everything else looks like an unknown route, before any
// header leaves.

const ALLOWED = ['/cp/auth', '/cp/orgs', '/cp/billing', '/cp/templates', '/cp/legal'];
/** These name themselves too; of the others only what is below. */
const EXACT = new Set(['/cp/orgs', '/cp/templates']);

export function isPlatformPath(path: string): boolean {
  return path === '/cp' || path.startsWith('/cp/');
}

/**
 * `target`: the request target as it came. Written in a way that two readers could read differently, it goes nowhere.
 * Removing an organisation wants a sign-in of the moment, which only the platform's own page asks for.
 */
export function isLetThrough(method: string, target: string): boolean {
  const [path = ''] = target.split('?', 1);
  if (/\/\/|\\|%2e|%2f|%5c|%00|[^\x21-\x7e]/i.test(path)) return false;
  if (path.split('/').some((part) => part === '.' || part === '..')) return false;
  if (method === 'DELETE' && path.startsWith('/cp/orgs')) return false;
  return EXACT.has(path) || ALLOWED.some((prefix) => path.startsWith(`${prefix}/`));
}
