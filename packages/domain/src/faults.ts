// Faults: every failure that a caller may meet, one named factory each. Doors (HTTP, A2A, CLI) map codes to statuses;
// nothing in here knows a status. Anything thrown that is not a Fault is a bug.

export interface FaultOptions {
  /** Extra keys for the answer's body. */
  extra?: Record<string, unknown>;
  /** Seconds after which the same call may succeed. */
  retryAfterSeconds?: number;
  cause?: unknown;
}

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly extra: Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.extra = options.extra ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Whether the same request may succeed later, by itself. A property of the code. */
export const FAULT_CODES = {
  INVALID_REQUEST: { retryable: false },
  INVALID_WORKSPACE_ID: { retryable: false },
  BODY_TOO_LARGE: { retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { retryable: false },
  AUTH_REQUIRED: { retryable: false },
  INVALID_CREDENTIAL: { retryable: false },
  FORBIDDEN: { retryable: false },
  NOT_FOUND: { retryable: false },
  WORKSPACE_NOT_FOUND: { retryable: false },
  WORKSPACE_REMOVED: { retryable: false },
  CURSOR_GONE: { retryable: false },
  CONFLICT: { retryable: false },
  DELEGATION_CYCLE: { retryable: false },
  DELEGATION_TOO_DEEP: { retryable: false },
  CONFIRMATION_REQUIRED: { retryable: false },
  IDEMPOTENCY_MISMATCH: { retryable: false },
  BUDGET_EXCEEDED: { retryable: false },
  RATE_LIMITED: { retryable: true },
  QUEUE_FULL: { retryable: true },
  WORKSPACE_UNAVAILABLE: { retryable: true },
  AGENT_BUSY: { retryable: true },
  AGENT_UNREACHABLE: { retryable: true },
  AGENT_RESPONSE_INVALID: { retryable: false },
  AGENT_RESPONSE_TOO_LARGE: { retryable: false },
  AGENT_TIMEOUT: { retryable: true },
  TRANSCRIPT_UNREADABLE: { retryable: true },
  NO_BACKEND: { retryable: false },
  BACKEND_TRANSIENT: { retryable: true },
  UNSUPPORTED_ON_BACKEND: { retryable: false },
  NOT_RUNNING: { retryable: true },
  CONSOLE_FAILED: { retryable: true },
  CONFIG_MISSING: { retryable: false },
  TEAM_CONFIG_UNREADABLE: { retryable: false },
  PRECONDITION_FAILED: { retryable: false },
  IMAGE_MISSING: { retryable: false },
  WEAK_SANDBOX: { retryable: false },
  SECRET_UNREADABLE: { retryable: false },
  STOP_FAILED: { retryable: true },
  PLATFORM_UNAVAILABLE: { retryable: true },
  WEBHOOK_NOT_CONFIGURED: { retryable: false },
  STORAGE_FULL: { retryable: true },
  DRAINING: { retryable: true },
  MEMORY_UNAVAILABLE: { retryable: true },
  MEMORY_NOT_CONFIGURED: { retryable: false },
  MEMORY_PLUGIN_FAILED: { retryable: true },
  GONE: { retryable: false },
  CAPACITY: { retryable: true },
  PURGE_FAILED: { retryable: true },
  NOT_IMPLEMENTED: { retryable: false },
  INTERNAL: { retryable: false },
} as const;
export type FaultCode = keyof typeof FAULT_CODES;

/** The `code` that stands on the wire: lower snake case. */
export function wireCode(code: FaultCode): string {
  return code.toLowerCase();
}

export function isFault(value: unknown): value is Fault {
  return value instanceof Fault;
}

export const faults = {
  invalidRequest: (message: string, extra?: Record<string, unknown>) =>
    new Fault('INVALID_REQUEST', message, { extra }),
  invalidWorkspaceId: () => new Fault('INVALID_WORKSPACE_ID', 'invalid workspace ID'),
  bodyTooLarge: (limitBytes: number) =>
    new Fault('BODY_TOO_LARGE', `request body is larger than ${limitBytes} bytes`),
  /** As BODY_TOO_LARGE, for things that are no request body. */
  tooLarge: (message: string) => new Fault('BODY_TOO_LARGE', message),
  authRequired: (message: string) => new Fault('AUTH_REQUIRED', message),
  invalidCredential: (message: string) => new Fault('INVALID_CREDENTIAL', message),
  forbidden: (message: string) => new Fault('FORBIDDEN', message),
  notFound: (message: string) => new Fault('NOT_FOUND', message),
  workspaceNotFound: (message = 'workspace not found') => new Fault('WORKSPACE_NOT_FOUND', message),
  workspaceRemoved: (id: string, removedAt: string | null) =>
    new Fault('WORKSPACE_REMOVED', 'workspace removed', {
      extra: {
        id,
        removed_at: removedAt,
        hint: 'this workspace was deleted; add ?include_removed=true to read its last state',
      },
    }),
  cursorGone: (message: string) => new Fault('CURSOR_GONE', message),
  conflict: (message: string, extra?: Record<string, unknown>) => new Fault('CONFLICT', message, { extra }),
  delegationCycle: (chainId: string) =>
    new Fault('DELEGATION_CYCLE', 'delegation refused: the target is in this chain of delegations already', {
      extra: { chain_id: chainId },
    }),
  delegationTooDeep: (chainId: string, limit: number) =>
    new Fault(
      'DELEGATION_TOO_DEEP',
      `delegation refused: the chain of delegations is ${limit} deep already`,
      {
        extra: { chain_id: chainId, depth_limit: limit },
      },
    ),
  budgetExceeded: () => new Fault('BUDGET_EXCEEDED', 'workspace budget limit exceeded'),
  queueFull: (retryAfterSeconds: number) =>
    new Fault('QUEUE_FULL', "the workspace's queue is full", {
      retryAfterSeconds,
      extra: { retry_after: retryAfterSeconds },
    }),
  workspaceUnavailable: (message: string, extra: Record<string, unknown> = {}, retryAfterSeconds?: number) =>
    new Fault('WORKSPACE_UNAVAILABLE', message, { extra, retryAfterSeconds }),
  agentUnreachable: (cause?: unknown) =>
    new Fault('AGENT_UNREACHABLE', 'failed to reach workspace agent', { cause }),
  workspaceUnreachable: (cause?: unknown) =>
    new Fault('AGENT_UNREACHABLE', 'workspace unreachable', { cause }),
  agentResponseInvalid: (isDeliveryConfirmed: boolean, cause?: unknown) =>
    new Fault('AGENT_RESPONSE_INVALID', 'failed to read agent response', {
      extra: { delivery_confirmed: isDeliveryConfirmed },
      cause,
    }),
  agentResponseTooLarge: (limitBytes: number) =>
    new Fault('AGENT_RESPONSE_TOO_LARGE', `agent response is larger than ${limitBytes} bytes`, {
      extra: { delivery_confirmed: true },
    }),
  transcriptUnreadable: (cause?: unknown) =>
    new Fault('TRANSCRIPT_UNREADABLE', 'failed to read workspace response', { cause }),
  agentTimeout: (seconds: number) =>
    new Fault('AGENT_TIMEOUT', `workspace agent did not answer within ${seconds} s`, {
      extra: { delivery_confirmed: false },
    }),
  noBackend: (message = 'provisioner not available') => new Fault('NO_BACKEND', message),
  backendTransient: (message: string, cause?: unknown) => new Fault('BACKEND_TRANSIENT', message, { cause }),
  unsupportedOnBackend: (verb: string, backend: string, reason: string, cause?: unknown) =>
    new Fault('UNSUPPORTED_ON_BACKEND', `${verb} is not available on the ${backend} backend: ${reason}`, {
      cause,
      extra: { backend, verb },
    }),
  /** A tier asks for walls that this machine does not have. */
  weakSandbox: (why: string) =>
    new Fault(
      'WEAK_SANDBOX',
      `tier 1 needs an agent that cannot reach files of others, and this machine cannot keep it from them: ${why}; choose tier 2, run it in a container, or accept it with PROCESS_ALLOW_WEAK_SANDBOX=1`,
    ),
  notRunning: (message = 'the workspace is not running; start it to reach its files') =>
    new Fault('NOT_RUNNING', message),
  consoleUnavailable: () =>
    new Fault('UNSUPPORTED_ON_BACKEND', 'console output unavailable on this deployment (no control plane)'),
  consoleFailed: (cause: unknown) =>
    new Fault('CONSOLE_FAILED', 'control plane returned an error fetching console output', { cause }),
  teamConfigUnreadable: (message: string, cause?: unknown) =>
    new Fault('TEAM_CONFIG_UNREADABLE', message, { cause }),
  configMissing: (message: string) => new Fault('CONFIG_MISSING', message),
  /** `names` as `global:K` and `workspace:K`; never a value. */
  secretUnreadable: (message: string, names: readonly string[]) =>
    new Fault('SECRET_UNREADABLE', message, { extra: { failed_keys: names } }),
  platformUnavailable: (cause?: unknown) =>
    new Fault('PLATFORM_UNAVAILABLE', 'platform datastore unavailable — retry shortly', {
      retryAfterSeconds: 2,
      cause,
    }),
  storageFull: (cause?: unknown) =>
    new Fault('STORAGE_FULL', 'the disk is full; free some space and try again', { cause }),
  uploadsFull: (limitBytes: number) =>
    new Fault('STORAGE_FULL', `the attachments of this workspace may have ${limitBytes} bytes in all`),
  webhookNotConfigured: (service: string) =>
    new Fault('WEBHOOK_NOT_CONFIGURED', `${service} webhook secret is not configured`),
  draining: () =>
    new Fault('DRAINING', 'the server is shutting down; retry shortly', { retryAfterSeconds: 5 }),
  memoryUnavailable: (retryAfterSeconds: number, cause?: unknown) =>
    new Fault('MEMORY_UNAVAILABLE', 'the memory plugin is not available; retry shortly', {
      retryAfterSeconds,
      cause,
    }),
  memoryNotConfigured: () =>
    new Fault('MEMORY_NOT_CONFIGURED', 'memory is turned off on this tenant; set MEMORY_PLUGIN_URL'),
  memoryPluginFailed: (cause: unknown) =>
    new Fault('MEMORY_PLUGIN_FAILED', 'the memory plugin failed', { cause }),
  gone: (message: string) => new Fault('GONE', message),
  capacity: (message: string) => new Fault('CAPACITY', message, { retryAfterSeconds: 60 }),
  purgeFailed: (purgeId: string) =>
    new Fault('PURGE_FAILED', 'the deletion did not come to its end; ask again to go on', {
      extra: { purge_id: purgeId },
    }),
  notImplemented: (what: string) => new Fault('NOT_IMPLEMENTED', `${what} is not implemented yet`),
  internal: (message: string, cause?: unknown) => new Fault('INTERNAL', message, { cause }),
} as const;
