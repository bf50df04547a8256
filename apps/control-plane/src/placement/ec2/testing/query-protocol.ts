// Query protocol: how EC2 is spoken to: a form with dotted names in, XML out.

export type Params = { [name: string]: string | Params };

/** `Filter.1.Value.1=x` becomes `{ Filter: { 1: { Value: { 1: 'x' } } } }`. */
export function parseForm(body: string): Params {
  const root: Params = {};
  for (const [key, value] of new URLSearchParams(body)) {
    const path = key.split('.');
    const last = path.pop() ?? '';
    let at = root;
    for (const part of path) {
      at[part] ??= {};
      at = at[part] as Params;
    }
    at[last] = value;
  }
  return root;
}

export function listOf(value: string | Params | undefined): (string | Params)[] {
  return typeof value === 'object' ? Object.values(value) : [];
}

export const textsOf = (value: string | Params | undefined): string[] =>
  listOf(value).filter((each) => typeof each === 'string');

export const paramsOf = (value: string | Params | undefined): Params[] =>
  listOf(value).filter((each) => typeof each === 'object');

export const textOf = (value: string | Params | undefined): string =>
  typeof value === 'string' ? value : '';

/** Lists become `<name><item>…</item></name>`. */
export function toXml(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return `<${name}>${value.map((each) => toXml('item', each)).join('')}</${name}>`;
  if (value instanceof Date) return `<${name}>${value.toISOString()}</${name}>`;
  if (typeof value === 'object') {
    const inside = Object.entries(value).map(([key, each]) => toXml(key, each));
    return `<${name}>${inside.join('')}</${name}>`;
  }
  return `<${name}>${escapeXml(String(value))}</${name}>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeXml = (text: string) => text.replace(/[&<>"]/g, (each) => ENTITIES[each] ?? each);
