// First start: a brand-new tenant shows an organisation at work, and the terminal says how to get in.

import { join } from 'node:path';
import { TIMEOUTS_MS } from '@molecule/domain';
import type { AccessStore } from './features/access/index.ts';
import { type ImportDeps, importOrg } from './features/org/index.ts';
import type { StartProgress } from './start-progress.ts';
import type { TenantBase } from './tenant-base.ts';

export const DEMO_TEMPLATE = 'review-desk';

/** Does nothing where workspaces are or were. */
export async function startDemo(
  { config, identity }: Pick<TenantBase, 'config' | 'identity'>,
  org: ImportDeps,
  wasEmpty: boolean,
  progress: StartProgress,
): Promise<void> {
  if (config.isEmpty || !wasEmpty || !identity.isNew) return;
  progress.say('creating the demo organisation …');
  const hasKey = Object.keys(config.providerEnv).some((name) => name.endsWith('_KEY'));
  await importOrg(org, 'system:first-start', {
    dir: DEMO_TEMPLATE,
    ...(hasKey ? { defaults: { runtime: 'model' } } : {}),
  });
}

/** A self-hosted tenant that asks for credentials prints a link that signs one browser in. */
export async function announce(
  { config, clock, log }: Pick<TenantBase, 'config' | 'clock' | 'log'>,
  access: Pick<AccessStore, 'createSignInCode'>,
  publicUrl: string,
  progress: StartProgress,
): Promise<void> {
  const isOpen = config.mode === 'development';
  if (isOpen) {
    const warning = 'development mode: everybody on this machine may do everything, without a credential';
    progress.say(warning);
    log.warn(warning);
  }
  progress.say(`ready: log in ${join(config.dataDir, 'server.log')}`);
  const code =
    isOpen || config.hostedOrgId !== null
      ? null
      : await access.createSignInCode(clock.now() + TIMEOUTS_MS.signInCode, null);
  progress.print(`\n  Open ${publicUrl}${code === null ? '' : `/auth/link?code=${code}`}\n`);
  if (code !== null) progress.print('  (signs this browser in; works once, for ten minutes)\n');
}
