// Hostile archives: entries of tars that try to leave the folder they are unpacked in, to bring what is no file, or to clash.

export interface HostileEntry {
  name: string;
  type?: 'symlink' | 'link' | 'directory' | 'fifo' | 'character-device' | 'block-device';
  linkname?: string;
  mode?: number;
  content?: string;
  /** Headers that win over what the entry says plainly. */
  pax?: Record<string, string>;
}

export interface HostileArchive {
  name: string;
  entries: HostileEntry[];
  /** Paths and contents of the files that it may bring; null: it is refused. */
  brings: Record<string, string> | null;
}

const BAD = 'bad';
const climbing = (name: string): HostileArchive => ({
  name: `a file ${JSON.stringify(name)}`,
  entries: [{ name, content: BAD }],
  brings: null,
});
const below = (name: string, path: string): HostileArchive => ({
  name: `a file ${JSON.stringify(name)}`,
  entries: [{ name, content: BAD }],
  brings: { [path]: BAD },
});
const through = (linkname: string): HostileArchive => ({
  name: `a file through a link to ${linkname}`,
  entries: [
    { name: 'door', type: 'symlink', linkname },
    { name: 'door/planted', content: BAD },
  ],
  brings: null,
});
const secondNameOf = (linkname: string): HostileArchive => ({
  name: `a second name of ${JSON.stringify(linkname)}`,
  entries: [{ name: 'second', type: 'link', linkname }],
  brings: null,
});
const device = (type: 'fifo' | 'character-device' | 'block-device'): HostileArchive => ({
  name: `a ${type} with a second name`,
  entries: [
    { name: 'odd', type },
    { name: 'odd-too', type: 'link', linkname: 'odd' },
    { name: 'even', content: 'fine' },
  ],
  brings: { even: 'fine' },
});

export const HOSTILE_ARCHIVES: readonly HostileArchive[] = [
  ...[
    '..',
    '../planted',
    '../../planted',
    '../sessions/planted',
    '../configs/.auth_token',
    './../planted',
    '/../planted',
    'a/../../planted',
    'a/b/../../../planted',
    'a/../b',
    'a/./b',
    'a//b',
    'a/..',
  ].map(climbing),
  below('/planted', 'planted'),
  below('//etc/planted', 'etc/planted'),
  below('..\\planted', '..\\planted'),
  below('C:\\planted', 'C:\\planted'),
  below('%2e%2e/planted', '%2e%2e/planted'),
  below('\u2025/planted', '\u2025/planted'),
  below('.../planted', '.../planted'),
  ...['..', '/sessions', '/etc', '../sessions', '.', 'nowhere'].map(through),
  {
    name: 'a file through a link through a link',
    entries: [
      { name: 'one', type: 'symlink', linkname: '..' },
      { name: 'two', type: 'symlink', linkname: 'one/sessions' },
      { name: 'two/planted', content: BAD },
    ],
    brings: null,
  },
  {
    name: 'a folder where a link was',
    entries: [
      { name: 'door', type: 'symlink', linkname: '/sessions' },
      { name: 'door/', type: 'directory' },
      { name: 'door/planted', content: BAD },
    ],
    brings: null,
  },
  {
    name: 'a file in the place of a link',
    entries: [
      { name: 'door', type: 'symlink', linkname: '/sessions/planted' },
      { name: 'door', content: 'fine' },
    ],
    brings: { door: 'fine' },
  },
  {
    name: 'a second name of a link',
    entries: [
      { name: 'door', type: 'symlink', linkname: '/sessions/kept' },
      { name: 'door-too', type: 'link', linkname: 'door' },
      { name: 'even', content: 'fine' },
    ],
    brings: { even: 'fine' },
  },
  ...['../sessions/kept', '/../sessions/kept', 'a/../../sessions/kept', ''].map(secondNameOf),
  {
    name: 'a second name through a link',
    entries: [
      { name: 'door', type: 'symlink', linkname: '/sessions' },
      { name: 'second', type: 'link', linkname: 'door/kept' },
    ],
    brings: null,
  },
  {
    name: 'a name that a second header changes',
    entries: [{ name: 'plain', content: BAD, pax: { path: '../planted' } }],
    brings: null,
  },
  ...(['fifo', 'character-device', 'block-device'] as const).map(device),
  {
    name: 'names that differ in case alone, or in how a letter is written',
    entries: [
      { name: 'name', content: '1' },
      { name: 'NAME', content: '2' },
      { name: '\u00fc', content: '3' },
      { name: 'u\u0308', content: '4' },
    ],
    brings: { name: '1', NAME: '2', '\u00fc': '3', 'u\u0308': '4' },
  },
  {
    name: 'one name twice',
    entries: [
      { name: 'name', content: '1' },
      { name: 'name', content: '2' },
    ],
    brings: { name: '2' },
  },
  {
    name: 'a program with the rights of somebody else',
    entries: [{ name: 'su', content: 'run', mode: 0o6755 }],
    brings: { su: 'run' },
  },
];
