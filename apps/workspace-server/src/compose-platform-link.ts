// Compose platform link: what a hosted tenant does beside a self-hosted one.

import { join } from 'node:path';
import type { Clock, Log, Secret, Supervisor } from '@molecule/kit';
import { RevocationFollower } from './features/platform-link/index.ts';

const LOOK_AGAIN_MS = 1_000;
/** One connection is followed as long as it lasts. */
const FOLLOWED_MS = 24 * 3_600_000;

export interface PlatformLinkParts {
  config: { hostedOrgId: string | null; platformUrl: string | null; dataDir: string };
  adminToken: Secret | null;
  clock: Clock;
  log: Log;
  endAllSessions(): Promise<number>;
  endSessionsOf(subject: string): Promise<number>;
}

export function addPlatformLink(supervisor: Supervisor, parts: PlatformLinkParts): void {
  const { hostedOrgId, platformUrl, dataDir } = parts.config;
  if (hostedOrgId === null || platformUrl === null || parts.adminToken === null) return;
  const follower = new RevocationFollower({
    platformUrl,
    orgId: hostedOrgId,
    adminToken: parts.adminToken.reveal(),
    file: join(dataDir, 'platform-heard'),
    clock: parts.clock,
    log: parts.log,
    endAllSessions: parts.endAllSessions,
    endSessionsOf: parts.endSessionsOf,
  });
  supervisor.add({
    name: 'platform-revocations',
    intervalMs: LOOK_AGAIN_MS,
    timeoutMs: FOLLOWED_MS,
    run: (signal) => follower.run(signal),
  });
}
