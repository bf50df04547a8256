// Health: whether the store answers, and what this plugin can do.

import type { memoryPlugin } from '@molecule/contracts';
import type { PluginRoute } from './plugin-route.ts';

const VERSION = '1.0.0';
const OFFERED: readonly memoryPlugin.Capability[] = [
  'fts',
  'ttl',
  'pin',
  'propagation',
  'batch',
  'list',
  'timestamps',
  'count',
  'get',
  'filter',
];

export function healthRoute(deps: { ping(): Promise<void>; onTrouble(error: unknown): void }): PluginRoute {
  return {
    method: 'GET',
    path: '/v1/health',
    answer: async () => {
      const isUp = await deps.ping().then(
        () => true,
        (error: unknown) => {
          deps.onTrouble(error);
          return false;
        },
      );
      const body: memoryPlugin.Health = {
        status: isUp ? 'ok' : 'degraded',
        version: VERSION,
        capabilities: [...OFFERED],
      };
      return { status: isUp ? 200 : 503, body };
    },
  };
}
