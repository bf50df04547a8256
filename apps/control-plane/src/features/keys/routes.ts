// Key routes: make, list and revoke partner keys.

import { randomBytes } from 'node:crypto';
import { platform } from '@molecule/contracts';
import { faults, isUuid } from '@molecule/domain';
import { digestOf } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import { describePlatformCaller, type PlatformCaller } from '../../access/caller.ts';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import type { OrgStore } from '../orgs/index.ts';
import type { KeyStore, PartnerKey } from './key-store.ts';

const PREFIX_CHARS = 16;
const DEFAULT_RATE = 60;
const DAY_MS = 24 * 3_600_000;

export interface KeyDeps {
  keys: KeyStore;
  orgs: OrgStore;
  clock: Clock;
}

export function bindKeyRoutes(bind: PlatformBinder, deps: KeyDeps): void {
  const { keys, orgs, clock } = deps;

  bind(platform.createPartnerKey, async ({ caller, body }) => {
    const scopes = [...new Set(body.scopes)];
    refuseMoreThanHeld(caller, scopes, body);
    const key = `mol_pk_${body.is_test ? 'test' : 'live'}_${randomBytes(16).toString('hex')}`;
    const made = await keys.create({
      name: body.name,
      hash: digestOf(key),
      prefix: key.slice(0, PREFIX_CHARS),
      partnerId: body.partner_id,
      orgId: body.org_id ?? null,
      scopes,
      rateLimit: body.rate_limit ?? DEFAULT_RATE,
      createdBy: describePlatformCaller(caller),
      expiresAt: body.expires_in_days == null ? null : clock.now() + body.expires_in_days * DAY_MS,
    });
    await orgs.audit({
      actor: describePlatformCaller(caller),
      action: 'key.create',
      partnerId: made.partnerId,
      detail: { key_id: made.id, scopes: scopes.join(' ') },
    });
    return { ...keyView(made), key };
  });

  bind(platform.listPartnerKeys, async ({ caller }) => {
    const listed = await keys.list(caller.kind === 'partner' ? caller.partnerId : null);
    return { keys: listed.map(keyView) };
  });

  bind(platform.revokePartnerKey, async ({ caller, params, reply }) => {
    const key = isUuid(params.id) ? await keys.find(params.id) : null;
    if (!key || !mayRevoke(caller, key)) throw faults.notFound('no such key');
    await keys.revoke(key.id);
    await orgs.audit({
      actor: describePlatformCaller(caller),
      action: 'key.revoke',
      partnerId: key.partnerId,
      detail: { key_id: key.id },
    });
    return reply.code(204).send();
  });
}

/** A key that manages keys grants what it holds, for its own partner and organisation, and nothing else. */
function refuseMoreThanHeld(
  caller: PlatformCaller,
  scopes: readonly platform.PartnerScope[],
  asked: { partner_id: string; org_id?: string | null | undefined },
): void {
  if (caller.kind !== 'partner') return;
  const missing = scopes.filter((scope) => !caller.scopes.includes(scope));
  if (missing.length > 0) throw faults.forbidden(`this key cannot grant ${missing.join(', ')}: it lacks it`);
  const isOwn =
    asked.partner_id === caller.partnerId && (caller.orgId === null || asked.org_id === caller.orgId);
  if (!isOwn) throw faults.forbidden('this key can make keys for its own partner and organisation only');
}

function mayRevoke(caller: PlatformCaller, key: PartnerKey): boolean {
  if (caller.kind === 'operator') return true;
  if (caller.kind !== 'partner') return false;
  if (caller.keyId === key.id) return true;
  const isInReach =
    caller.partnerId === key.partnerId && (caller.orgId === null || caller.orgId === key.orgId);
  return caller.scopes.includes('admin:keys') && isInReach;
}

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

function keyView(key: PartnerKey) {
  return {
    id: key.id,
    name: key.name,
    key_prefix: key.prefix,
    partner_id: key.partnerId,
    org_id: key.orgId,
    scopes: [...key.scopes],
    rate_limit: key.rateLimit,
    created_by: key.createdBy,
    created_at: new Date(key.createdAt).toISOString(),
    expires_at: iso(key.expiresAt),
    revoked_at: iso(key.revokedAt),
    last_used_at: iso(key.lastUsedAt),
  };
}
