// Cloud settings: what a tenant needs to have its workspaces placed by a control plane.

import { defineSettings, type Secret, SettingsError, setting } from '@molecule/kit';

export const CLOUD_SETTINGS = defineSettings({
  controlPlaneUrl: setting.url('MOLECULE_CP_URL', {
    optional: true,
    doc: 'Set on hosted tenants only: the platform that made this tenant. The cloud backend needs it.',
    example: 'https://platform.example',
  }),
  controlPlaneSecret: setting.secret('MOLECULE_CP_SHARED_SECRET', {
    optional: true,
    doc: 'Says to the control plane that some tenant calls; needed for the cloud backend.',
    example: 'a-long-random-text',
  }),
});

export interface CloudConfig {
  /** Without a trailing slash. */
  controlPlaneUrl: string;
  sharedSecret: Secret;
  /** Which tenant calls. */
  tenantToken: Secret;
  orgId: string;
  /** Where instances reach this server. */
  ownUrl: string;
}

interface Read {
  controlPlaneUrl?: string | undefined;
  controlPlaneSecret?: Secret | undefined;
  adminToken?: Secret | undefined;
  orgId?: string | undefined;
  externalUrl?: string | undefined;
}

/** Throws for everything that is missing at once. */
export function cloudConfig(read: Read): CloudConfig {
  const { controlPlaneUrl, controlPlaneSecret, adminToken, externalUrl } = read;
  const orgId = read.orgId?.trim();
  if (controlPlaneUrl && controlPlaneSecret && adminToken && orgId && externalUrl) {
    return {
      controlPlaneUrl: controlPlaneUrl.replace(/\/+$/, ''),
      sharedSecret: controlPlaneSecret,
      tenantToken: adminToken,
      orgId,
      ownUrl: externalUrl.replace(/\/+$/, ''),
    };
  }
  const needed = {
    MOLECULE_CP_URL: controlPlaneUrl,
    MOLECULE_CP_SHARED_SECRET: controlPlaneSecret,
    ADMIN_TOKEN: adminToken,
    MOLECULE_ORG_ID: orgId,
    EXTERNAL_PLATFORM_URL: externalUrl,
  };
  const missing = Object.entries(needed).filter(([, value]) => !value);
  throw new SettingsError(missing.map(([name]) => `the cloud backend needs ${name}; set it, or use process`));
}
