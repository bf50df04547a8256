// Describe connection: what the operator of an external agent needs to connect it. The canvas replaces the placeholder
// `<paste from create response>` by exact text, so the two assignments keep their spacing.

import type { workspaces } from '@molecule/contracts';

export function describeConnection(
  workspaceId: string,
  platformUrl: string,
  token: string,
): NonNullable<workspaces.CreateWorkspaceReply['connection']> {
  const register = `${platformUrl}/registry/register`;
  return {
    workspace_id: workspaceId,
    platform_url: platformUrl,
    auth_token: token,
    registry_endpoint: register,
    heartbeat_endpoint: `${platformUrl}/registry/heartbeat`,
    curl_register_template: [
      'WORKSPACE_AUTH_TOKEN="<paste from create response>"',
      `curl -X POST ${register} \\`,
      '  -H "Authorization: Bearer $WORKSPACE_AUTH_TOKEN" \\',
      "  -H 'Content-Type: application/json' \\",
      `  -d '{"id":"${workspaceId}","url":"https://your-agent.example/a2a","agent_card":{"name":"My agent"}}'`,
    ].join('\n'),
    python_snippet: [
      'import json, urllib.request',
      '',
      `PLATFORM_URL  = "${platformUrl}"`,
      `WORKSPACE_ID  = "${workspaceId}"`,
      'AUTH_TOKEN    = "<paste from create response>"',
      '',
      'body = {"id": WORKSPACE_ID, "url": "", "delivery_mode": "poll", "agent_card": {"name": "My agent"}}',
      'call = urllib.request.Request(PLATFORM_URL + "/registry/register", json.dumps(body).encode(),',
      '    {"Authorization": "Bearer " + AUTH_TOKEN, "Content-Type": "application/json"})',
      'print(urllib.request.urlopen(call).read().decode())',
    ].join('\n'),
    claude_code_channel_snippet: [
      `MOLECULE_PLATFORM_URL="${platformUrl}"`,
      `WORKSPACE_ID="${workspaceId}"`,
      'WORKSPACE_AUTH_TOKEN="<paste from create response>"',
    ].join('\n'),
  };
}
