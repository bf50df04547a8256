// SSRF corpus: addresses that the server must not be led to, in every notation that some reader understands.

/** In the range of the run these are ordinary addresses of the internet: the only ones that may be connected to. */
export const PUBLIC_V4 = '93.184.216.34';
export const PUBLIC_V6 = '2606:2800:220:1::1';

export const BLOCKED_V4 = [
  '127.0.0.1',
  '127.1.2.3',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.254',
  '172.16.0.1',
  '172.31.255.254',
  '192.168.0.1',
  '169.254.169.254',
  '169.254.1.1',
  '100.64.0.1',
  '100.127.255.254',
  '192.0.2.1',
  '198.51.100.1',
  '203.0.113.1',
  '198.18.0.1',
  '224.0.0.251',
  '240.0.0.1',
  '255.255.255.255',
] as const;

export const BLOCKED_V6 = [
  '::1',
  '::',
  '::2',
  '0:0:0:0:0:0:0:1',
  'fe80::1',
  'fe80::a9fe:a9fe',
  'fc00::1',
  'fd00::1',
  'fdff:ffff::1',
  'fec0::1',
  'ff02::1',
  '2001:db8::1',
  '100::1',
  '2001::1',
  '4000::1',
  '5f00::1',
  '3fff::1',
  '64:ff9b::a00:1',
] as const;

/** Each returns a host as it stands in a URL. */
const NOTATIONS: Record<string, (parts: number[]) => string> = {
  dotted: (p) => p.join('.'),
  decimal: (p) => String(word(p)),
  hexadecimal: (p) => `0x${word(p).toString(16)}`,
  'upper-case hexadecimal': (p) => `0X${word(p).toString(16).toUpperCase()}`,
  octal: (p) => `0${word(p).toString(8)}`,
  'octal parts': (p) => p.map((part) => `0${part.toString(8)}`).join('.'),
  'padded octal parts': (p) => p.map((part) => `000${part.toString(8)}`).join('.'),
  'hexadecimal parts': (p) => p.map((part) => `0x${part.toString(16)}`).join('.'),
  'mixed parts': ([a, b, c, d]) => `0x${a?.toString(16)}.${b}.0${c?.toString(8)}.${d}`,
  'two parts': ([a = 0, ...rest]) => `${a}.${word([0, ...rest])}`,
  'three parts': ([a, b, c = 0, d = 0]) => `${a}.${b}.${c * 256 + d}`,
  'trailing dot': (p) => `${p.join('.')}.`,
  'percent-encoded': (p) => [...p.join('.')].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(''),
  'full-width digits': (p) =>
    [...p.join('.')]
      .map((char) => (char === '.' ? '.' : String.fromCharCode(char.charCodeAt(0) + 0xfee0)))
      .join(''),
  'ideographic full stop': (p) => p.join('\u3002'),
  'soft hyphen inside': (p) => p.join('.\u00ad'),
  'tab inside': (p) => p.join('.\t'),
  userinfo: (p) => `${PUBLIC_V4}@${p.join('.')}`,
  'userinfo with a port': (p) => `${PUBLIC_V4}:80@${p.join('.')}`,
  'encoded at': (p) => `${PUBLIC_V4}%40@${p.join('.')}`,
  mapped: (p) => `[::ffff:${p.join('.')}]`,
  'mapped hexadecimal': (p) => `[::ffff:${tail(p)}]`,
  'mapped in full': (p) => `[0:0:0:0:0:ffff:${tail(p)}]`,
  compatible: (p) => `[::${p.join('.')}]`,
  translated: (p) => `[::ffff:0:${p.join('.')}]`,
  nat64: (p) => `[64:ff9b::${tail(p)}]`,
  'local nat64': (p) => `[64:ff9b:1::${tail(p)}]`,
  '6to4': (p) => `[2002:${tail(p)}::1]`,
};

function word(parts: number[]): number {
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function tail([a = 0, b = 0, c = 0, d = 0]: number[]): string {
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

export interface SsrfCase {
  name: string;
  url: string;
}

/** `port` is the listeners'; they hear 80 as well. */
export function buildCorpus(port: number): SsrfCase[] {
  return [...literals(port), ...v6Literals(port), ...tricks(port), ...names(port)];
}

function literals(port: number): SsrfCase[] {
  return BLOCKED_V4.flatMap((address) =>
    Object.entries(NOTATIONS).map(([notation, write]) => ({
      name: `${address}, ${notation}`,
      url: `http://${write(address.split('.').map(Number))}:${port}/`,
    })),
  );
}

function v6Literals(port: number): SsrfCase[] {
  return BLOCKED_V6.flatMap((address) => [
    { name: `${address}, literal`, url: `http://[${address}]:${port}/` },
    { name: `${address}, upper case`, url: `http://[${address.toUpperCase()}]:${port}/` },
    { name: `${address}, zone id`, url: `http://[${address}%25lo]:${port}/` },
    { name: `${address}, bare zone id`, url: `http://[${address}%lo]:${port}/` },
    { name: `${address}, userinfo`, url: `http://[${PUBLIC_V6}]@[${address}]:${port}/` },
  ]);
}

function tricks(port: number): SsrfCase[] {
  const inner = `127.0.0.1:${port}`;
  const urls = [
    `http://169.254.169.254/latest/meta-data/`,
    `HTTP://${inner}/`,
    `http:${inner}/`,
    `http:/${inner}/`,
    `http:///${inner}/`,
    `http:\\\\${inner}\\`,
    ` http://${inner}/`,
    `http://${inner}/ `,
    `\thttp://${inner}/`,
    `h\nttp://${inner}/`,
    `http://${inner}#@${PUBLIC_V4}/`,
    `http://${inner}?@${PUBLIC_V4}/`,
    `http://${inner}\\@${PUBLIC_V4}/`,
    `http://${PUBLIC_V4}@${inner}\\@${PUBLIC_V4}/`,
    `http://${PUBLIC_V4}#@${inner}/`,
    `http://${PUBLIC_V4}\\@${inner}/`,
    `http://${PUBLIC_V4}:${port}@${inner}/`,
    `http://user:pass@${inner}/`,
    `https://${inner}/`,
    `ftp://${inner}/`,
    `gopher://${inner}/_x`,
    `file:///etc/passwd`,
    `dict://${inner}/`,
    `ws://${inner}/`,
    `jar:http://${inner}!/`,
    `data:text/plain,x`,
    `javascript:fetch('http://${inner}')`,
    `//${inner}/`,
    `http://`,
    `http://:${port}/`,
    `http://@/`,
    `http://[::1`,
    `http://[::1]]:${port}/`,
    `http://127.0.0.1\u0000:${port}/`,
    `http://127.0.0.1%00.example:${port}/`,
    `http://127.0.0.1.:${port}/`,
    `http://127.0.0.1..:${port}/`,
    `http://0:${port}/`,
    `http://0x0:${port}/`,
    `http://00000000177.1:${port}/`,
    `http://4294967296:${port}/`,
    `http://127.0.0.256:${port}/`,
    `http://1.1.1.1.127.0.0.1:${port}/`,
  ];
  return urls.map((url) => ({ name: JSON.stringify(url), url }));
}

/** The run's own name server answers these; see ssrf-range.ts. */
function names(port: number): SsrfCase[] {
  const hosts = [
    ...[...BLOCKED_V4, ...BLOCKED_V6].flatMap((address) => [
      `${hexName(address)}.one.test`,
      `${hexName(address)}.mixed.test`,
      `${hexName(address)}.flip.test`,
      `${hexName(address)}.alias.test`,
    ]),
    'localhost',
    'LOCALHOST',
    'localhost.',
    'foo.localhost',
    'localhost.localdomain',
    'ip6-localhost',
    'unknown.test',
  ];
  return hosts.map((host) => ({ name: host, url: `http://${host}:${port}/` }));
}

export function hexName(address: string): string {
  return `x${Buffer.from(address).toString('hex')}`;
}

export function addressOfName(label: string): string {
  return Buffer.from(label.slice(1), 'hex').toString();
}

/** Which address a case leads to: that of its notation, or of its name; '' for tricks. */
export function addressOfCase(name: string): string {
  if (/^x[0-9a-f]+\./.test(name)) return addressOfName(name.split('.', 1)[0] ?? '');
  return /^([0-9a-f.:]+), /.exec(name)?.[1] ?? '';
}
