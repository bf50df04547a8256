// First start: a brand-new tenant shows an organisation at work, and the terminal says how to get in.
//
//   F1. Each role of the demo organisation is made once: its id follows from the organisation and its place in the chart.
//   F2. A start that dies before the last of them is gone on with by the next, until one has finished.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { TIMEOUTS_MS } from '@molecule/domain';
import type { AccessStore } from './features/access/index.ts';
import { type IdOfPlace, type ImportDeps, importOrg } from './features/org/index.ts';
import type { StartProgress } from './start-progress.ts';
import type { TenantBase } from './tenant-base.ts';
import { noteFirstStart } from './tenant-identity.ts';

export const DEMO_TEMPLATE = 'review-desk';

/**
 * Does nothing where workspaces are or were, but for what an earlier start began (F2).
 * A fault leaves the first start unfinished: the next one goes on.
 */
export async function startDemo(
  { config, identity, log }: Pick<TenantBase, 'config' | 'identity' | 'log'>,
  org: ImportDeps,
  wasEmpty: boolean,
  progress: StartProgress,
): Promise<void> {
  const { firstStart, orgId } = identity;
  if (firstStart === null) return;
  if (!config.isEmpty && (wasEmpty || firstStart === 'begun')) {
    progress.say('creating the demo organisation …');
    await noteFirstStart(config, 'begun');
    const hasKey = Object.keys(config.providerEnv).some((name) => name.endsWith('_KEY'));
    const input = { dir: DEMO_TEMPLATE, ...(hasKey ? { defaults: { runtime: 'model' } } : {}) };
    const { isComplete, reply } = await importOrg(org, 'system:first-start', input, demoIds(orgId));
    if (!isComplete) {
      const what = `the demo organisation is incomplete, the next start goes on with it: ${reply.error}`;
      log.warn(what);
      return progress.say(what);
    }
  }
  await noteFirstStart(config, 'finished');
}

/** F1. UUIDs of version 8, one for each place of the chart. */
function demoIds(orgId: string): IdOfPlace {
  return (place) => {
    const bytes = createHash('sha256').update(`${orgId}\n${DEMO_TEMPLATE}\n${place}`).digest();
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    const parts = [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20, 32),
    ];
    return parts.join('-');
  };
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
