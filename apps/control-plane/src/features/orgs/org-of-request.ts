// Org of request: the organisation of each request's path, as it was when the caller was admitted.

import type { FastifyRequest } from 'fastify';
import type { Org, Role } from './org-store.ts';

export class OrgOfRequest {
  readonly #orgs = new WeakMap<FastifyRequest, { org: Org; role: Role | null }>();

  keep(request: FastifyRequest, org: Org, role: Role | null): void {
    this.#orgs.set(request, { org, role });
  }

  of(request: FastifyRequest): Org {
    return this.#found(request).org;
  }

  /** Null for operators and partners. */
  roleOf(request: FastifyRequest): Role | null {
    return this.#found(request).role;
  }

  #found(request: FastifyRequest): { org: Org; role: Role | null } {
    const found = this.#orgs.get(request);
    if (!found) throw new Error('this route has no organisation in its path');
    return found;
  }
}
