// Use memory care: suggestions, forgetting and receipts, as the server keeps them.

import { memories } from '@molecule/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { attempt } from '../workspaces/role-actions.ts';

const REREAD_MS = 10_000;
const LISTED = '100';
const KEY = 'memory-care';

export function useSuggestions() {
  const { call } = useTools();
  return useQuery({
    queryKey: [KEY, 'suggestions'],
    retry: false,
    refetchInterval: REREAD_MS,
    queryFn: ({ signal }) => call(memories.listSuggestions, { query: { limit: LISTED }, signal }),
  });
}

export function useReceipts() {
  const { call } = useTools();
  return useQuery({
    queryKey: [KEY, 'receipts'],
    retry: false,
    refetchInterval: REREAD_MS,
    queryFn: ({ signal }) => call(memories.listReceipts, { signal }),
  });
}

export type Preview = Awaited<ReturnType<ReturnType<typeof useCareActions>['preview']>>;

export function useCareActions() {
  const tools = useTools();
  const client = useQueryClient();
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: [KEY] });
    await client.invalidateQueries({ queryKey: ['memories'] });
  };
  return {
    look: async () => {
      await attempt(tools, say('memoryCare.couldNotLook'), () => tools.call(memories.runHygiene));
      await refresh();
    },
    /** How many could not be done. */
    decide: async (ids: string[], decision: 'accept' | 'dismiss'): Promise<number> => {
      let failed = 0;
      await attempt(tools, say('memoryCare.notDecided'), async () => {
        const { results } = await tools.call(memories.decideSuggestions, { body: { ids, decision } });
        failed = results.filter(({ outcome }) => outcome === 'failed').length;
      });
      await refresh();
      return failed;
    },
    /** Null when the server refused; it was said why. */
    preview: async (subject: memories.ForgetSubject) => {
      let found: Awaited<ReturnType<typeof ask>> | null = null;
      const ask = () => tools.call(memories.previewForgetting, { body: { subject } });
      await attempt(tools, say('memoryCare.couldNotLook'), async () => {
        found = await ask();
      });
      return found as Awaited<ReturnType<typeof ask>> | null;
    },
    forget: async (subject: memories.ForgetSubject, confirm: string) => {
      let receipt: Awaited<ReturnType<typeof ask>> | null = null;
      const ask = () => tools.call(memories.forgetBySubject, { body: { subject, confirm } });
      await attempt(tools, say('memoryCare.nothingWasForgotten'), async () => {
        receipt = await ask();
      });
      await refresh();
      return receipt as Awaited<ReturnType<typeof ask>> | null;
    },
  };
}
