// Use folders: the root and every open folder of a role, each read when it is opened.

import { files } from '@molecule/contracts';
import { useQueries } from '@tanstack/react-query';
import { useTools } from '../../store/canvas-context.ts';
import type { Folders } from './model.ts';

export function useFolders(roleId: string, root: files.FileRoot, expanded: ReadonlySet<string>): Folders {
  const { call } = useTools();
  const open = ['', ...expanded];
  const results = useQueries({
    queries: open.map((path) => ({
      queryKey: ['files', roleId, root, path],
      retry: false,
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        call(files.listFiles, {
          params: { id: roleId },
          query: { root, ...(path === '' ? {} : { path }) },
          signal,
        }),
    })),
  });
  return new Map(
    results.map(({ data, error, isPending }, i) => [
      open[i] ?? '',
      { entries: data ?? [], error: data ? null : error, isPending },
    ]),
  );
}
