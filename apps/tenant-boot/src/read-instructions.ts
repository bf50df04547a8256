// Read instructions: who this machine is to be, out of its user data, by the instance metadata service (IMDSv2 alone).

import { MetadataService } from '@aws-sdk/ec2-metadata-service';
import { tenantBoot } from '@molecule/contracts';

const ANSWER_MS = 5_000;

/** Throws while the service does not answer, and for what is no instructions of ours. */
export async function readInstructions(endpoint: string): Promise<tenantBoot.TenantInstructions> {
  const metadata = new MetadataService({
    endpoint,
    httpOptions: { timeout: ANSWER_MS },
    disableFetchToken: false,
    ec2MetadataV1Disabled: true,
  });
  // It puts a slash before the path itself.
  return parseInstructions(await metadata.request('latest/user-data', {}));
}

export function parseInstructions(text: string): tenantBoot.TenantInstructions {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Error('the user data of this machine is not JSON', { cause: error });
  }
  const parsed = tenantBoot.tenantInstructions.safeParse(data);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path }) => path.join('.') || 'the whole').join(', ');
  throw new Error(`the user data of this machine is no instructions: see ${where}`);
}
