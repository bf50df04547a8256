// Hosted organisations: on a platform under test, organisations with an owner each, and short ways into their tenants.

import { createHash } from 'node:crypto';
import { until } from './api.ts';
import { cookieOf, type PlatformAnswer, type ScenarioPlatform } from './platform.ts';

export const BOOT_LIMIT_MS = 240_000;

export interface HostedOrg {
  slug: string;
  id: string;
  /** `<slug>.localhost:<port>`. */
  host: string;
  /** The owner's session at the platform. */
  cookie: string;
  /** At the platform, as its owner. */
  asOwner(path: string, method?: string, body?: unknown): Promise<PlatformAnswer>;
  /** A browser that was handed over to the tenant: its session there. */
  handOver(): Promise<string>;
  /** At the tenant, through its public name, as its owner. */
  inside(path: string, method?: string, body?: unknown): Promise<PlatformAnswer>;
}

/** Made one after the other, and running. */
export async function makeOrgs(platform: ScenarioPlatform, slugs: readonly string[]): Promise<HostedOrg[]> {
  const orgs: HostedOrg[] = [];
  for (const slug of slugs) orgs.push(await makeOrg(platform, slug));
  for (const org of orgs) await untilRunning(org);
  return orgs;
}

async function makeOrg(platform: ScenarioPlatform, slug: string): Promise<HostedOrg> {
  const cookie = await platform.signUp(`${slug}@example.test`);
  const body = { slug, name: slug };
  const made = await platform.call('/cp/orgs', { method: 'POST', headers: { cookie }, body });
  if (made.status !== 201) throw new Error(`no organisation: ${made.status} ${made.text}`);
  const host = `${slug}.localhost:${platform.port}`;
  const asOwner: HostedOrg['asOwner'] = (path, method = 'GET', sent) =>
    platform.call(path, { method, headers: { cookie }, body: sent });
  const handOver = async () => {
    const opened = await asOwner(`/cp/orgs/${slug}/open`, 'POST');
    const { pathname, search } = new URL(String(opened.body.url));
    return cookieOf(await platform.call(pathname + search, { host }));
  };
  let session: Promise<string> | null = null;
  return {
    slug,
    id: String(made.body.id),
    host,
    cookie,
    asOwner,
    handOver,
    inside: async (path, method = 'GET', sent) => {
      session ??= handOver();
      return platform.call(path, { host, method, headers: { cookie: await session }, body: sent });
    },
  };
}

export async function untilRunning({ slug, asOwner }: HostedOrg): Promise<void> {
  await until(
    `${slug} runs`,
    async () => {
      const { body } = await asOwner(`/cp/orgs/${slug}/provision-status`);
      if (body.status === 'failed') throw new Error(`it failed: ${body.error}`);
      return body.status === 'running';
    },
    BOOT_LIMIT_MS,
  );
}

/** A text and what it looks like in places that keep bytes otherwise. */
export function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const sha = createHash('sha256').update(bytes).digest('hex');
  return [text, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), sha];
}
