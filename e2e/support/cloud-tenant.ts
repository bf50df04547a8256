// Cloud tenant: what a hosted tenant is told so that a control plane places its workspaces, for scenarios.

import { fileURLToPath } from 'node:url';
import {
  FAKE_SHARED_SECRET,
  FAKE_TENANT_TOKEN,
  type FakeControlPlane,
  startFakeControlPlane,
} from '@molecule/testkit';
import { freePort } from '../../bench/tenant-process.ts';

const ORG = '6f1f6e0a-0000-4000-8000-000000000001';
const RUNTIME = fileURLToPath(new URL('../../apps/workspace-runtime/dist/main.js', import.meta.url));

/** With every request to the tenant: which organisation is meant. */
export const ORG_HEADERS = { 'x-molecule-org-id': ORG };

/** Its instances are real agents. */
export function startPlaneWithAgents(): Promise<FakeControlPlane> {
  return startFakeControlPlane([process.execPath, RUNTIME]);
}

export async function cloudSettings(plane: FakeControlPlane): Promise<Record<string, string>> {
  const port = String(await freePort());
  return {
    PORT: port,
    MOLECULE_CP_URL: plane.baseUrl,
    MOLECULE_CP_SHARED_SECRET: FAKE_SHARED_SECRET,
    ADMIN_TOKEN: FAKE_TENANT_TOKEN,
    MOLECULE_ORG_ID: ORG,
    EXTERNAL_PLATFORM_URL: `http://127.0.0.1:${port}`,
  };
}
