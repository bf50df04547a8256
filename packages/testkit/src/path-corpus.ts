// Path corpus: names that try to leave a folder, made from steps, disguises and targets.

const CLIMBS = [
  '..',
  '../..',
  '../../..',
  '../../../../../../../..',
  './..',
  'a/../..',
  'a/b/../../..',
  '..//..',
  '.../..',
];
const TARGETS = ['', '/outside/secret', '/etc/passwd', '/configs/.auth_token', '/server.log'];
const DISGUISES: ((path: string) => string)[] = [
  (path) => path,
  (path) => `/${path}`,
  (path) => path.replaceAll('/', '\\'),
  (path) => path.replaceAll('..', '%2e%2e'),
  (path) => path.replaceAll('/', '%2f'),
  (path) => `${path}\0.md`,
  (path) => `${path}/.`,
];
const SINGLE = [
  '',
  '.',
  './',
  '/',
  '//',
  '//etc/passwd',
  '/etc/passwd',
  '~/secret',
  'door/secret',
  'door/../secret',
  'door/new',
  'C:\\windows\\win.ini',
  '\\\\host\\share',
  'file:///etc/passwd',
  '\u2025/secret',
  '\uff0e\uff0e/secret',
  '..\u0000/secret',
  '/proc/self/environ',
  'a/./b/../../../outside/secret',
];

export const PATH_CORPUS: readonly string[] = [
  ...new Set([
    ...SINGLE,
    ...CLIMBS.flatMap((climb) => TARGETS.flatMap((target) => DISGUISES.map((hide) => hide(climb + target)))),
  ]),
];
