// Member store: who belongs to an organisation, and the invitations that wait.

import type { Role } from '../orgs/index.ts';

export interface Member {
  userId: string;
  email: string;
  role: Role;
  createdAt: number;
}

export interface Invite {
  id: string;
  email: string;
  role: Role;
  createdAt: number;
  expiresAt: number;
}

export interface MemberStore {
  list(orgId: string): Promise<Member[]>;
  invites(orgId: string): Promise<Invite[]>;
  /** A new invitation takes the place of an open one for the same address. */
  invite(input: {
    orgId: string;
    email: string;
    role: Role;
    digest: Buffer;
    invitedBy: string;
    expiresAt: number;
  }): Promise<Invite>;
  /** Null when there is no open invitation with this digest for this address. */
  accept(digest: Buffer, person: { id: string; email: string }): Promise<{ slug: string; role: Role } | null>;
  /** Removes and tells the tenant, in one transaction. */
  remove(orgId: string, userId: string): Promise<'removed' | 'last_owner' | 'unknown'>;
}
