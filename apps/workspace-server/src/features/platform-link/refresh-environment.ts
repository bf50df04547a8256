// Refresh environment: a hosted tenant asks its platform for what was rotated since it was made, before it reads its
// settings. Whatever goes wrong, the environment stays as it was and the tenant starts.

type Environment = Readonly<Record<string, string | undefined>>;

const CALL_LIMIT_MS = 10_000;
const MAX_BODY_BYTES = 64 * 1024;
const MAX_VALUE_BYTES = 4 * 1024;
/** The platform may change these and nothing else. */
const ALLOWED = new Set(['MOLECULE_CP_SHARED_SECRET', 'MOLECULE_EDGE_KEY']);

export interface Refreshed {
  env: Environment;
  /** Why nothing could be asked; null when it went well or there is nobody to ask. */
  trouble: string | null;
}

export async function refreshEnvironment(
  env: Environment,
  fetchIt: typeof fetch = fetch,
): Promise<Refreshed> {
  const { MOLECULE_ORG_ID: orgId, ADMIN_TOKEN: token, MOLECULE_CP_URL: platformUrl } = env;
  if (!orgId || !token || !platformUrl) return { env, trouble: null };
  try {
    const answer = await fetchIt(`${platformUrl.replace(/\/+$/, '')}/cp/tenants/config`, {
      headers: { authorization: `Bearer ${token}`, 'x-molecule-org-id': orgId },
      redirect: 'error',
      signal: AbortSignal.timeout(CALL_LIMIT_MS),
    });
    if (!answer.ok) return { env, trouble: `the platform answered ${answer.status}` };
    return { env: { ...env, ...allowedOf(await readBounded(answer)) }, trouble: null };
  } catch (error) {
    return { env, trouble: (error as Error).message };
  }
}

/** An empty value never takes the place of a good one. */
function allowedOf(config: unknown): Record<string, string> {
  if (typeof config !== 'object' || config === null) return {};
  return Object.fromEntries(
    Object.entries(config).filter((entry): entry is [string, string] => {
      const [name, value] = entry as [string, unknown];
      const isGood = typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_VALUE_BYTES;
      return ALLOWED.has(name) && isGood;
    }),
  );
}

async function readBounded(answer: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error('the answer of the platform is too large');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
