// Caller: who is calling the control plane, as proven by a credential and by nothing else.

import type { platform } from '@molecule/contracts';

export type PlatformCaller =
  | { kind: 'anonymous' }
  /** A credential was presented and it is not valid. */
  | { kind: 'invalid' }
  | {
      kind: 'person';
      sessionId: string;
      person: { id: string; email: string; name: string; termsVersion: string | null };
    }
  | {
      kind: 'partner';
      keyId: string;
      partnerId: string;
      /** Null: any organisation that this partner made. */
      orgId: string | null;
      scopes: readonly platform.PartnerScope[];
      rateLimitPerMinute: number;
      isTest: boolean;
    }
  | { kind: 'operator' }
  | { kind: 'tenant'; orgId: string }
  | { kind: 'boot'; orgId: string; workspaceId: string; scopes: readonly string[] }
  | { kind: 'edge' };

/** Who did it, for audit rows: never a credential. */
export function describePlatformCaller(caller: PlatformCaller): string {
  switch (caller.kind) {
    case 'person':
      return `user:${caller.person.id}`;
    case 'partner':
      return `partner:${caller.partnerId}`;
    case 'tenant':
      return `tenant:${caller.orgId}`;
    case 'boot':
      return `boot:${caller.workspaceId}`;
    default:
      return caller.kind;
  }
}
