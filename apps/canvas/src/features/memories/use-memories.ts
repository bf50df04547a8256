// Use memories: what one role may read, by namespace and search, and its notes by key. An open tab reads again when one
// of these namespaces was told to have changed, and now and then, since memories also end by themselves.

import { keyValues, memories } from '@molecule/contracts';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { attempt } from '../workspaces/role-actions.ts';
import { markOf } from './on-workspace-event.ts';

const REREAD_MS = 60_000;
const SETTLE_MS = 150;
const LISTED = '100';

export function useNamespaces(roleId: string) {
  const { call } = useTools();
  return useQuery({
    queryKey: ['memories', roleId, 'namespaces'],
    retry: false,
    queryFn: ({ signal }) => call(memories.listNamespaces, { params: { id: roleId }, signal }),
  });
}

export function useFound(roleId: string, namespace: string | null, text: string) {
  const { call } = useTools();
  return useQuery({
    queryKey: ['memories', roleId, 'found', namespace, text],
    retry: false,
    placeholderData: keepPreviousData,
    refetchInterval: REREAD_MS,
    queryFn: ({ signal }) =>
      call(memories.recallMemories, {
        params: { id: roleId },
        query: {
          limit: LISTED,
          ...(namespace === null ? {} : { namespace }),
          ...(text === '' ? {} : { q: text }),
        },
        signal,
      }),
  });
}

export function useKeyValues(roleId: string) {
  const { call } = useTools();
  return useQuery({
    queryKey: ['memories', roleId, 'keys'],
    retry: false,
    refetchInterval: REREAD_MS,
    queryFn: ({ signal }) => call(keyValues.listKeyValues, { params: { id: roleId }, signal }),
  });
}

/** Reads again what one of these namespaces changed. */
export function useMemoryEvents(roleId: string, namespaces: readonly string[]): void {
  const client = useQueryClient();
  const mark = useCanvas((canvas) => markOf(canvas.memoryMarks, namespaces));
  useEffect(() => {
    if (mark === 0) return;
    const timer = setTimeout(
      () => void client.invalidateQueries({ queryKey: ['memories', roleId] }),
      SETTLE_MS,
    );
    return () => clearTimeout(timer);
  }, [client, roleId, mark]);
}

export interface Noted {
  key: string;
  value: unknown;
  ttlSeconds: number | null;
  /** The version that the writer saw; 0 for a key that was not there. */
  version: number;
}

export function useMemoryActions(roleId: string) {
  const tools = useTools();
  const client = useQueryClient();
  const params = { id: roleId };
  const acting = async (failed: string, action: () => Promise<unknown>): Promise<boolean> => {
    const isDone = await attempt(tools, failed, action);
    await client.invalidateQueries({ queryKey: ['memories', roleId] });
    return isDone;
  };
  return {
    remember: (content: string, namespace: string, pin: boolean) =>
      acting(say('memories.itWasNotRemembered'), () =>
        tools.call(memories.commitMemory, { params, body: { content, namespace, pin, source: 'user' } }),
      ),
    forget: (memory: memories.FoundMemory) =>
      acting(say('memories.itWasNotForgotten'), () =>
        tools.call(memories.forgetMemory, {
          params: { ...params, memoryId: memory.id },
          query: { namespace: memory.namespace },
        }),
      ),
    pin: (memory: memories.FoundMemory, isPinned: boolean) =>
      acting(say('memories.notPinned'), () =>
        tools.call(memories.editMemory, {
          params: { ...params, memoryId: memory.id },
          query: { namespace: memory.namespace },
          body: { pin: isPinned },
        }),
      ),
    note: ({ key, value, ttlSeconds, version }: Noted) =>
      acting(say('memories.keyWasNotSet', { key }), () =>
        tools.call(keyValues.setKeyValue, {
          params,
          body: { key, value, ttl_seconds: ttlSeconds, if_match_version: version },
        }),
      ),
    drop: (key: string) =>
      acting(say('memories.keyWasNotDeleted', { key }), () =>
        tools.call(keyValues.deleteKeyValue, { params: { ...params, key } }),
      ),
  };
}
