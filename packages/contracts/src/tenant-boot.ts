// Tenant boot: what the platform hands to a tenant that gets a machine of its own: instructions, which anybody on that machine
// may read, and a bundle of secrets, which the machine fetches by its own identity. Data alone, never a script.

import { z } from 'zod';

/** Names that a tenant reads; nothing that changes how programs are loaded or found. */
const environmentName = z
  .string()
  .regex(
    /^(MOLECULE_[A-Z0-9_]{1,64}|ADMIN_TOKEN|SECRETS_ENCRYPTION_KEY|EXTERNAL_PLATFORM_URL|WORKSPACE_BACKENDS?|PORT|HOST|LANG|NODE_ENV)$/,
  );
const environmentText = z
  .string()
  .max(4096)
  .refine((text) => !text.includes('\0'), 'must not contain a zero byte');
const environment = z.record(environmentName, environmentText);

/** User data of the instance, as JSON. */
export const tenantInstructions = z.strictObject({
  version: z.literal(1),
  region: z.string().regex(/^[a-z0-9-]{1,32}$/),
  /** ARN of the secret that holds the bundle. */
  bundle: z
    .string()
    .regex(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}$/),
  /** Id of the volume that everything is kept on. */
  volume: z.string().regex(/^vol-[0-9a-f]{8,17}$/),
  environment,
});
export type TenantInstructions = z.infer<typeof tenantInstructions>;

/** Value of that secret, as JSON. */
export const tenantBundle = environment;
export type TenantBundle = z.infer<typeof tenantBundle>;
