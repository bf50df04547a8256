// Fetch bundle: the secrets of the tenant, by the identity of this machine. No value of them is ever in an error.

import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { tenantBoot } from '@molecule/contracts';

const ANSWER_MS = 5_000;

export async function fetchBundle({
  region,
  bundle,
}: tenantBoot.TenantInstructions): Promise<tenantBoot.TenantBundle> {
  const service = new SecretsManager({
    region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: ANSWER_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
  });
  try {
    const { SecretString } = await service.getSecretValue({ SecretId: bundle });
    return parseBundle(SecretString ?? '');
  } finally {
    service.destroy();
  }
}

export function parseBundle(text: string): tenantBoot.TenantBundle {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    // The parser quotes what it read, which is secret.
    throw new Error('the bundle of this tenant is not JSON');
  }
  const parsed = tenantBoot.tenantBundle.safeParse(data);
  if (!parsed.success) throw new Error('the bundle of this tenant has names or values that no tenant takes');
  return parsed.data;
}
