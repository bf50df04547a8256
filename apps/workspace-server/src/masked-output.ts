// Masked output: what agents print and backends note, without the secrets of the workspace.

import type { Dispatcher } from '@molecule/backends';
import type { WorkspaceState } from '@molecule/domain';

/** What to cut out of the texts of one workspace. */
type MaskOf = (workspaceId: string) => Promise<(text: string) => string>;
type Where = Pick<WorkspaceState, 'id' | 'backend'>;

export function maskedOutput(dispatcher: Pick<Dispatcher, 'logs' | 'console'>, maskOf: MaskOf) {
  const read = async ({ id, backend }: Where, query: Parameters<Dispatcher['logs']>[2]) => {
    const found = await dispatcher.logs(id, backend, query);
    const mask = await maskOf(id);
    return { ...found, lines: found.lines.map((line) => ({ ...line, text: mask(line.text) })) };
  };
  return {
    read,
    console: async ({ id, backend }: Where) => {
      const text = await dispatcher.console(id, backend);
      return (await maskOf(id))(text);
    },
    tail: async (id: string, backend: Where['backend'], lines: number) =>
      (await read({ id, backend }, { source: 'runtime', tail: lines })).lines.map(({ text }) => text),
  };
}
