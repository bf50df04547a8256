// Health: whether the store answers, and what this plugin can do.

import type { memoryPlugin } from '@molecule/contracts';
import type { VectorStore } from './features/memories/index.ts';
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

/** What is configured, told as it is: without a length there are no vectors. */
export interface VectorHealth {
  dimensions: number;
  /** Whether the plugin makes vectors itself; else it takes those of its callers. */
  hasEmbedder: boolean;
  store: Pick<VectorStore, 'index' | 'refused'>;
}

export function healthRoute(deps: {
  ping(): Promise<void>;
  onTrouble(error: unknown): void;
  vectors: VectorHealth | null;
}): PluginRoute {
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
      const refused = isUp ? ((await deps.vectors?.store.refused()) ?? 0) : 0;
      const body: memoryPlugin.Health = {
        status: isUp ? 'ok' : 'degraded',
        version: VERSION,
        capabilities: deps.vectors ? [...OFFERED, 'embedding'] : [...OFFERED],
        ...(deps.vectors
          ? {
              details: {
                dimensions: deps.vectors.dimensions,
                embedder: deps.vectors.hasEmbedder,
                vector_index: deps.vectors.store.index,
                ...(refused > 0 ? { refused } : {}),
              },
            }
          : {}),
      };
      return { status: isUp ? 200 : 503, body };
    },
  };
}
