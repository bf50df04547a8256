// Read unit spec: what a tenant asks to have placed, checked whole before anything is done. What comes from a tenant is a
// program's input like any other: a variable that would change how a process is loaded never gets near one of ours.

import type { platform } from '@molecule/contracts';
import { BUILT_IN_ENGINES, faults, isEnvironmentName, isWithheldVariable, type Tier } from '@molecule/domain';
import type { UnitSpec } from '../../placement/unit-driver.ts';

const MAX_CONFIG_BYTES = 256 * 1024;
const MAX_ASSET_BYTES = 16 * 1024 * 1024;
const IS_ASSET = /^(config\.yaml|prompts\/.+)$/;
const IS_BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const MAX_PATH = 500;
const SESSION_RESET = 'MOLECULE_SESSION_RESET_AT';
/** An agent's own environment never carries what opens its tenant. */
const PRIVILEGED = [
  'ADMIN_TOKEN',
  'MOLECULE_CP_SHARED_SECRET',
  'CP_ADMIN_API_TOKEN',
  'SECRETS_ENCRYPTION_KEY',
];

/** Throws INVALID_REQUEST. `publicUrl`: the tenant's own, the one address that its agents are sent to. */
export function readUnitSpec(orgId: string, publicUrl: string, body: platform.ProvisionBody): UnitSpec {
  if (!(BUILT_IN_ENGINES as readonly string[]).includes(body.runtime)) {
    throw faults.invalidRequest(`runtime must be one of: ${BUILT_IN_ENGINES.join(', ')}`);
  }
  if (body.platform_url.replace(/\/+$/, '') !== publicUrl) {
    throw faults.invalidRequest(`platform_url must be the address of the organisation: ${publicUrl}`);
  }
  checkEnvironment(body.env);
  const config = decode('config_files', body.config_files, MAX_CONFIG_BYTES);
  const assets = decode('template_assets', body.template_assets, MAX_ASSET_BYTES);
  for (const path of assets.keys()) {
    if (!IS_ASSET.test(path))
      throw faults.invalidRequest('template_assets may hold config.yaml and prompts/ only');
  }
  const files = new Map([...assets, ...config]);
  if (!files.has('config.yaml')) throw faults.invalidRequest('config_files must hold config.yaml');
  const resetAt = Number(body.env[SESSION_RESET] ?? 0);
  return {
    orgId,
    workspaceId: body.workspace_id.toLowerCase(),
    tier: body.tier as Tier,
    env: body.env,
    files,
    sessionResetAt: Number.isSafeInteger(resetAt) && resetAt > 0 ? resetAt : 0,
  };
}

function checkEnvironment(env: Readonly<Record<string, string>>): void {
  const carried = PRIVILEGED.filter((name) => name in env);
  if (carried.length > 0) throw faults.invalidRequest(`env must not carry ${carried.join(', ')}`);
  for (const [name, value] of Object.entries(env)) {
    if (isWithheldVariable(name) || !isEnvironmentName(name) || value.includes('\0'))
      throw faults.invalidRequest(`env must not carry ${JSON.stringify(name)}`);
  }
}

function decode(
  field: string,
  files: Readonly<Record<string, string>> | null | undefined,
  maxBytes: number,
): Map<string, Buffer> {
  const decoded = new Map<string, Buffer>();
  let bytes = 0;
  for (const [path, text] of Object.entries(files ?? {})) {
    if (!isPathInside(path)) throw faults.invalidRequest(`${field} has an invalid path`);
    if (!IS_BASE64.test(text)) throw faults.invalidRequest(`${field} must hold base64`);
    const content = Buffer.from(text, 'base64');
    bytes += content.length;
    decoded.set(path, content);
  }
  if (bytes > maxBytes) throw faults.invalidRequest(`${field} may have ${maxBytes} bytes at most`);
  return decoded;
}

function isPathInside(path: string): boolean {
  if (path.length > MAX_PATH || path.includes('\0') || path.includes('\\')) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
