// Workspace secrets: what the workspaces feature needs of secrets, at create, start and removal.

import { faults } from '@molecule/domain';
import { Secret } from '@molecule/kit';
import type { Tx } from '@molecule/postgres';
import type { WorkspaceSecrets } from '../workspaces/index.ts';
import { asFailure } from './as-failure.ts';
import { openSecrets } from './read-secrets.ts';
import { findProblem } from './save-secret.ts';
import type { NewSecret, SecretStore } from './secret-store.ts';
import type { SecretVault } from './secret-vault.ts';

export interface WorkspaceSecretsDeps {
  secrets: SecretStore<Tx>;
  vault: SecretVault;
}

export function createWorkspaceSecrets(deps: WorkspaceSecretsDeps): WorkspaceSecrets {
  const { secrets, vault } = deps;
  return {
    withSealed: (workspaceId, actor, values, commit) =>
      vault.whileSealing(async () => {
        const sealed: NewSecret[] = [];
        for (const [name, value] of Object.entries(values)) {
          const problem = findProblem(name, value);
          if (problem)
            throw faults.invalidRequest('invalid workspace fields', { details: `secrets: ${problem}` });
          sealed.push(
            await asFailure(`failed to encrypt secret: ${name}`, async () =>
              vault.seal({ workspaceId, name }, Secret.of(value)),
            ),
          );
        }
        return commit(async (tx) => {
          for (const secret of sealed) {
            await asFailure(`failed to save secret: ${secret.name}`, () =>
              secrets.keepIn(tx, [secret], actor),
            );
          }
        });
      }),
    removeAllIn: (tx, workspaceIds) => secrets.removeAllIn(tx, workspaceIds),
    open: (workspaceId) => openSecrets(deps, workspaceId),
  };
}
