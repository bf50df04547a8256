// Caller: who is calling, as proven by a credential and by nothing else (never a header, body, Referer, Host or path).
// Values of this type are made in identify-caller.ts only; the brand keeps everyone else from writing one down.

declare const verified: unique symbol;

type CallerShape =
  /** No credential was presented. `isOpen`: the server passes such callers (development mode on loopback). */
  | { kind: 'anonymous'; isOpen: boolean }
  /** A credential was presented and it is not valid. `isOpen` as above: some gates pass it all the same. */
  | { kind: 'invalid'; isOpen: boolean; via: 'bearer' | 'cookie' }
  | { kind: 'admin' }
  | { kind: 'org_token'; tokenId: string; prefix: string; orgId: string | null }
  | { kind: 'session'; sessionId: string }
  | { kind: 'workspace'; workspaceId: string; tokenId: string }
  /** A token of a workspace that was deleted: good for reading that fact, for nothing else. */
  | { kind: 'removed_workspace'; workspaceId: string };

export type Caller = CallerShape & { readonly [verified]: true };
export type CallerKind = Caller['kind'];

/** For identify-caller.ts and tests only; lint keeps other imports out. */
export function vouchForCaller(shape: CallerShape): Caller {
  return shape as Caller;
}

/** ADMIN_TOKEN, an org token or a session: whoever may do everything in this tenant. */
export function isAdminClass(caller: Caller): boolean {
  return caller.kind === 'admin' || caller.kind === 'org_token' || caller.kind === 'session';
}

/** Passes without a credential because the server is open (development mode on loopback). */
export function isOpenAnonymous(caller: Caller): boolean {
  return caller.kind === 'anonymous' && caller.isOpen;
}

/** Who did it, for audit rows and `created_by`: a kind and a prefix, never a credential. */
export function describeCaller(caller: Caller): string {
  switch (caller.kind) {
    case 'admin':
      return 'admin-token';
    case 'org_token':
      return `org-token:${caller.prefix}`;
    case 'session':
      return 'session';
    case 'workspace':
      return `workspace:${caller.workspaceId}`;
    case 'removed_workspace':
      return `removed-workspace:${caller.workspaceId}`;
    case 'anonymous':
    case 'invalid':
      return 'anonymous';
  }
}
