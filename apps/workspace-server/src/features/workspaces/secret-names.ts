// Secret names: what the secrets of a workspace are called. Values never pass through here.

export interface SecretNames {
  /** Names of the global secrets and of the workspace's own, in any order; a name may come twice. */
  of(workspaceId: string): Promise<readonly string[]>;
}

/** For a server that keeps no secrets. */
export const NO_SECRETS: SecretNames = { of: async () => [] };
