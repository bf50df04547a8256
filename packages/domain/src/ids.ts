// Identifiers: branded strings, so that a token id can never be passed where a workspace id is meant.

declare const brand: unique symbol;
export type Branded<Name extends string> = string & { readonly [brand]: Name };

export type WorkspaceId = Branded<'WorkspaceId'>;
export type EventId = Branded<'EventId'>;
export type ActivityId = Branded<'ActivityId'>;
export type DelegationId = Branded<'DelegationId'>;
export type TokenId = Branded<'TokenId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && UUID.test(text);
}

/** Parses a workspace id; `null` when the text is not a UUID. Upper case is folded to lower case. */
export function parseWorkspaceId(text: unknown): WorkspaceId | null {
  return isUuid(text) ? (text.toLowerCase() as WorkspaceId) : null;
}

/** Senders that exist only inside the server; from the network such an id is refused. */
const SYSTEM_CALLER_PREFIXES = ['webhook:', 'system:', 'test:', 'channel:'] as const;

export function isSystemCallerId(text: string): boolean {
  return SYSTEM_CALLER_PREFIXES.some((prefix) => text.startsWith(prefix));
}
