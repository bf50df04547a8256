// Control plane: the four calls by which a tenant has instances placed, read and ended.
//
//   C1. What may be repeated without harm is repeated, a few times and no faster than the control plane asks: placing is
//       idempotent by the workspace's id.
//   C2. Only a 404 of the control plane itself says that an instance is not there; any other failure says nothing.

import { type Call, CallError, createClient } from '@molecule/client';
import { platform } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import { backoffMs, type Clock } from '@molecule/kit';

const CALL_MS = 120_000;
const READ_MS = 5_000;
const TRIES = 4;
const LONGEST_WAIT_MS = 10_000;

export interface ControlPlaneOptions {
  /** Without a trailing slash. */
  baseUrl: string;
  /** The outer gate: some tenant calls. */
  sharedSecret: () => string;
  /** Which tenant calls. */
  tenantToken: () => string;
  /** The first wait before a call is repeated. Milliseconds. */
  firstWaitMs?: number;
}

export interface PlacedInstance {
  instanceId: string;
  privateIp: string | null;
}

export class ControlPlane {
  readonly #call: Call;
  readonly #firstWaitMs: number;
  readonly #clock: Clock;

  constructor(options: ControlPlaneOptions, clock: Clock) {
    this.#clock = clock;
    this.#firstWaitMs = options.firstWaitMs ?? 250;
    this.#call = createClient({
      baseUrl: options.baseUrl,
      timeoutMs: CALL_MS,
      headers: () => ({
        authorization: `Bearer ${options.sharedSecret()}`,
        'x-molecule-admin-token': options.tenantToken(),
      }),
    });
  }

  async provision(body: platform.ProvisionBody, signal: AbortSignal): Promise<PlacedInstance> {
    const placed = await this.#repeat(() => this.#call(platform.provisionUnit, { body, signal }), signal);
    return { instanceId: placed.instance_id, privateIp: placed.private_ip };
  }

  /** Null: the control plane knows no such instance. */
  async state(workspaceId: string, instanceId: string | null): Promise<string | null> {
    try {
      const query = instanceId === null ? {} : { instance_id: instanceId };
      const signal = AbortSignal.timeout(READ_MS);
      return (await this.#call(platform.readUnit, { params: { id: workspaceId }, query, signal })).state;
    } catch (error) {
      if (isNotThere(error)) return null;
      throw asFault(error);
    }
  }

  /** Success: gone, going, or never there. */
  async remove(workspaceId: string, instanceId: string | null, isPruned: boolean): Promise<void> {
    const query = {
      ...(instanceId === null ? {} : { instance_id: instanceId }),
      ...(isPruned ? { prune: 'true' } : {}),
    };
    try {
      await this.#repeat(() => this.#call(platform.deleteUnit, { params: { id: workspaceId }, query }));
    } catch (error) {
      if (!isNotThere(error)) throw asFault(error);
    }
  }

  /** C1. */
  async #repeat<T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await act();
      } catch (error) {
        if (attempt === TRIES || signal?.aborted || !isWorthRepeating(error)) throw error;
        const asked = error instanceof CallError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
        const waitMs = Math.max(asked, backoffMs(attempt, { baseMs: this.#firstWaitMs, maxMs: 5_000 }));
        await this.#clock.sleep(Math.min(waitMs, LONGEST_WAIT_MS), signal);
      }
    }
  }
}

/** In words for people: what the control plane said of its insides stays in the cause. */
export function asFault(error: unknown): unknown {
  if (!(error instanceof CallError)) {
    const isOurs = error instanceof Error && 'code' in error && 'retryable' in error;
    return isOurs ? error : faults.backendTransient('the control plane does not answer', error);
  }
  switch (error.status) {
    case 400:
    case 409:
      return faults.conflict('the control plane refuses to place this workspace');
    case 501:
      return faults.unsupportedOnBackend(
        'start',
        'cloud',
        'this control plane does not place workspaces',
        error,
      );
    default:
      return faults.backendTransient('the control plane cannot do this now', error);
  }
}

function isNotThere(error: unknown): boolean {
  return error instanceof CallError && error.status === 404;
}

function isWorthRepeating(error: unknown): boolean {
  if (error instanceof CallError) return [429, 502, 503, 504].includes(error.status);
  return error instanceof TypeError;
}
