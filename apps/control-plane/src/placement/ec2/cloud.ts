// Cloud: the two services of AWS that the ec2 driver asks (EC2, Secrets Manager), and what their refusals mean here.
//
//   W1. Loaded only where this driver is chosen. A call ends within seconds; throttled and broken ones are tried again.
//   W2. What a service refuses reaches the operator as one sentence with the name of the refusal, without ids of keys or tokens.

import type { EC2 } from '@aws-sdk/client-ec2';
import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { Fault, faults, isFault } from '@molecule/domain';

const CONNECT_MS = 3_000;
const ANSWER_MS = 20_000;
const ATTEMPTS = 5;

export interface CloudOptions {
  region: string;
  /** Instead of the services' own addresses. */
  endpoint: string | null;
  secretsEndpoint: string | null;
}

export interface Cloud {
  ec2: EC2;
  secrets: SecretsManager;
}

export async function openCloud({ region, endpoint, secretsEndpoint }: CloudOptions): Promise<Cloud> {
  const [compute, keeper] = await Promise.all([
    import('@aws-sdk/client-ec2'),
    import('@aws-sdk/client-secrets-manager'),
  ]);
  const common = {
    region,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
  };
  return {
    ec2: new compute.EC2({ ...common, ...(endpoint === null ? {} : { endpoint }) }),
    secrets: new keeper.SecretsManager({
      ...common,
      ...(secretsEndpoint === null ? {} : { endpoint: secretsEndpoint }),
    }),
  };
}

export const refusalOf = (error: unknown): string => (error instanceof Error ? error.name : '');

const NO_ROOM =
  /^(InsufficientInstanceCapacity|InsufficientFreeAddressesInSubnet|MaxSpotInstanceCountExceeded|.*LimitExceeded|.*QuotaExceeded.*)$/;
const NOT_ALLOWED =
  /Unauthorized|AccessDenied|AuthFailure|OptInRequired|Credentials|UnrecognizedClient|ExpiredToken/;
const TOO_MANY = /^(RequestLimitExceeded|Throttling.*|RequestThrottled.*)$/;

/** W2. A fault stays as it is. */
export function faultOf(error: unknown): Fault {
  if (isFault(error)) return error;
  const name = refusalOf(error);
  // What came with it, answer and request, is not for logs.
  const cause = new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  if (TOO_MANY.test(name))
    return faults.backendTransient('the cloud is asked too often; it is asked again', cause);
  if (NO_ROOM.test(name))
    return new Fault('CAPACITY', `the cloud has no room for another tenant (${name})`, { cause });
  if (NOT_ALLOWED.test(name))
    return faults.backendTransient(
      `the cloud refuses (${name}): see that this machine's identity has the rights that docs/guides/instances.md names`,
      cause,
    );
  return faults.backendTransient(`the cloud did not do what was asked (${name || 'no answer'})`, cause);
}

/** Every page of a listing. */
export async function allPages<T>(
  ask: (
    nextToken: string | undefined,
  ) => Promise<{ items: readonly T[] | undefined; next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let next: string | undefined;
  do {
    const page = await ask(next);
    all.push(...(page.items ?? []));
    next = page.next || undefined;
  } while (next !== undefined);
  return all;
}
