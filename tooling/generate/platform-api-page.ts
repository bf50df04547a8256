// Platform API page: every operation of the control plane in one table: who may call it, what it is sent and what it
// answers, with what becomes of each field that it is sent.

import { platform } from '@molecule/contracts';
import { SENT } from '../../apps/control-plane/src/boundary.ts';

const CALLERS: Readonly<Record<platform.PlatformPolicy, string>> = {
  open: 'anybody',
  person: 'a signed-in person',
  creator: 'a signed-in person, an operator',
  member: 'a member, an operator',
  org_admin: 'an admin or owner, an operator',
  owner: 'an owner, an operator',
  operator: 'an operator',
  keyholder: 'an operator',
  keyowner: 'an operator, any partner key for itself',
  tenant: 'a tenant, for itself',
  boot: 'a tenant or a boot token, for itself',
  provision: 'a tenant with the shared secret, for itself',
};

export function platformApiPage(): string {
  const routes = listPlatformRoutes();
  const tags = [...new Set(routes.map(({ tag }) => tag))].sort();
  return [
    '# API of the control plane',
    '',
    'Generated from `packages/contracts` by `npm run generate`. Every operation under `/cp/` stands under `/api/v1/` too, its',
    'stable name; the older one says in a `Sunset` header when it goes. Errors are `{"error": string, "code"?: string,',
    '"retry_after"?: int}`. An operation that is not built answers 501 with that body. Fields in *italics* are used and',
    'forgotten, those ~~struck~~ are read by nobody; all others are kept.',
    '',
    ...tags.flatMap((tag) =>
      section(
        tag,
        routes.filter((route) => route.tag === tag),
      ),
    ),
  ].join('\n');
}

export function listPlatformRoutes(): platform.PlatformRoute[] {
  const key = ({ path, method }: platform.PlatformRoute) => `${path} ${method}`;
  return Object.values(platform as Record<string, unknown>)
    .filter((value): value is platform.PlatformRoute => {
      return typeof value === 'object' && value !== null && 'policy' in value && 'path' in value;
    })
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function section(tag: string, routes: readonly platform.PlatformRoute[]): string[] {
  const rows = routes.map((route) => {
    const caller = CALLERS[route.policy] + (route.scope ? `, a partner key with \`${route.scope}\`` : '');
    const failed = route.failures ? [500] : [];
    const statuses = [route.status ?? 200, ...(route.errors ?? []), ...failed].join(', ');
    return `| \`${route.method} ${route.path}\` | ${route.summary} | ${caller} | ${fieldsOf(route.name)} | ${statuses} |`;
  });
  return [
    `## ${tag}`,
    '',
    '| Operation | | May be called by | Body | Answers |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ];
}

function fieldsOf(name: string): string {
  const fields = Object.entries(SENT[name] ?? {});
  const shown = {
    persist: (text: string) => text,
    transit: (text: string) => `*${text}*`,
    drop: (text: string) => `~~${text}~~`,
  };
  return fields.map(([field, fate]) => shown[fate](`\`${field}\``)).join(' ');
}
