// Probe public name: asks for a tenant the way the world does, through the edge and by its name. The edge recognises the
// probe by its signature and lets it pass to a tenant that is not open to anybody yet.

import { signEdge } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import { request } from 'undici';
import type { Config } from './config.ts';

const PROBE_LIMIT_MS = 5_000;
export const PROBE_HEADER = 'x-molecule-probe';

/** Resolves with the status, or with why there is none: not reachable yet is what the probe is there to find out. */
export function createProbe(
  config: Pick<Config, 'baseUrl' | 'appDomain' | 'edgeKey'>,
  clock: Clock,
): (slug: string) => Promise<number | string> {
  const base = new URL(config.baseUrl);
  return async (slug) => {
    try {
      const { statusCode, body } = await request(`${config.baseUrl}/admin/liveness`, {
        headers: {
          host: `${slug}.${config.appDomain}${base.port === '' ? '' : `:${base.port}`}`,
          [PROBE_HEADER]: signEdge(config.edgeKey.reveal(), `probe:${slug}`, clock.now()),
        },
        headersTimeout: PROBE_LIMIT_MS,
        bodyTimeout: PROBE_LIMIT_MS,
        signal: AbortSignal.timeout(PROBE_LIMIT_MS),
      });
      await body.dump();
      return statusCode;
    } catch (error) {
      const { code, name } = error as { code?: string; name?: string };
      return code ?? name ?? 'no answer';
    }
  };
}
