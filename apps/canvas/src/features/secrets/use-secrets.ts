// Use secrets: the names of one role's secrets, or of those that every role gets.

import { secrets } from '@molecule/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { attempt } from '../workspaces/role-actions.ts';

/** Null stands for every role. */
export type Holder = string | null;

export function useSecretNames(holder: Holder) {
  const { call } = useTools();
  return useQuery<secrets.SecretRow[]>({
    queryKey: ['secrets', holder],
    retry: false,
    queryFn: ({ signal }) =>
      holder === null
        ? call(secrets.listGlobalSecrets, { signal })
        : call(secrets.listSecrets, { params: { id: holder }, signal }),
  });
}

/** How many roles a change of this secret restarts; any failure is told as unknown. */
export function useDependents(holder: Holder, name: string | null) {
  const { call } = useTools();
  return useQuery<number>({
    queryKey: ['secrets', holder, 'dependents', name],
    enabled: name !== null && name !== '',
    retry: false,
    queryFn: async ({ signal }) => {
      const key = name ?? '';
      const { dependents } = await (holder === null
        ? call(secrets.listGlobalSecretDependents, { params: { key }, signal })
        : call(secrets.listSecretDependents, { params: { id: holder, key }, signal }));
      return dependents.length;
    },
  });
}

export function useSecretActions(holder: Holder) {
  const tools = useTools();
  const client = useQueryClient();
  const reread = () => client.invalidateQueries({ queryKey: ['secrets'] });
  return {
    save: async (key: string, value: string): Promise<boolean> => {
      const isSaved = await attempt(tools, say('secrets.keyWasNotSaved', { key }), () =>
        holder === null
          ? tools.call(secrets.putGlobalSecret, { body: { key, value } })
          : tools.call(secrets.putSecret, { params: { id: holder }, body: { key, value } }),
      );
      await reread();
      return isSaved;
    },
    remove: async (key: string): Promise<boolean> => {
      const isGone = await attempt(tools, say('secrets.keyWasNotDeleted', { key }), () =>
        holder === null
          ? tools.call(secrets.deleteGlobalSecret, { params: { key } })
          : tools.call(secrets.deleteSecret, { params: { id: holder, key } }),
      );
      await reread();
      return isGone;
    },
    /** What looks wrong about a provider's key; null when nothing does. */
    judge: async (provider: string, key: string): Promise<string | null> => {
      try {
        const verdict = await tools.call(secrets.validateSecret, { body: { provider, key } });
        return verdict.valid ? null : (verdict.error ?? say('secrets.itDoesNotLook'));
      } catch {
        // Only a hint: without it the value is saved as it is.
        return null;
      }
    },
  };
}
