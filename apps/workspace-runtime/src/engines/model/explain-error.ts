// Explain error: a provider's failure as one sentence for people: what happened and what to do; never with a key in it.

import { redactSecrets } from '@molecule/domain';
import { EngineFailure } from '../engine-failure.ts';
import { type ModelName, PROVIDERS } from './providers.ts';

interface ApiError {
  statusCode?: number;
  message: string;
  url?: string;
}

/** `secret` is the key in use: providers repeat it in their messages. */
export function explainError(thrown: unknown, name: ModelName, secret: string | null): EngineFailure {
  const error = rootOf(thrown);
  const text = describe(error, name);
  const safe = secret ? text.replaceAll(secret, '[REDACTED]') : text;
  return new EngineFailure(redactSecrets(safe).slice(0, 500));
}

function describe(error: unknown, { provider, model }: ModelName): string {
  const keyName = PROVIDERS[provider].keyNames[0];
  const status = (error as ApiError | null)?.statusCode;
  const said = shorten(error instanceof Error ? error.message : String(error));
  if (isUnreadable(error)) return `${provider} sent an answer that can not be understood`;
  if (status === 401 || status === 403) {
    return `${provider} refused the key (${status}): put a valid key into ${keyName} and restart the workspace`;
  }
  if (status === 404) return `${provider} does not know the model "${model}" (404): ${said}`;
  if (status === 429)
    return `${provider} is limiting requests (429), also after retries; try again later: ${said}`;
  if (status !== undefined && status >= 500)
    return `${provider} failed (${status}), also after retries: ${said}`;
  if (status !== undefined && status >= 400) return `${provider} refused the request (${status}): ${said}`;
  if (isTimeout(error)) return `${provider} stopped answering; try again`;
  if (isNetwork(error))
    return `${provider} is not reachable${hostOf(error)}; check the network and the base URL`;
  return `${provider}: ${said}`;
}

/** Retries wrap the error of the last attempt; fetch wraps the error of the socket. */
function rootOf(thrown: unknown): unknown {
  const last = (thrown as { lastError?: unknown } | null)?.lastError;
  return last === undefined ? thrown : rootOf(last);
}

function isTimeout(error: unknown): boolean {
  const name = (error as Error | null)?.name;
  return name === 'TimeoutError' || name === 'AbortError';
}

function isNetwork(error: unknown): boolean {
  const text = chain(error);
  return /fetch failed|Cannot connect to API|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|UND_ERR|terminated|socket/i.test(
    text,
  );
}

function isUnreadable(error: unknown): boolean {
  return /AI_(JSONParse|TypeValidation|InvalidResponseData|NoOutputGenerated|EmptyResponseBody)Error|Invalid JSON response|JSON parsing failed/.test(
    `${(error as Error | null)?.name} ${(error as Error | null)?.message}`,
  );
}

function chain(error: unknown): string {
  const parts: string[] = [];
  for (let step = error; step instanceof Error && parts.length < 5; step = step.cause) {
    parts.push(step.message, String((step as { code?: unknown }).code ?? ''));
  }
  return parts.join(' ');
}

function hostOf(error: unknown): string {
  const url = (error as ApiError | null)?.url;
  return url && URL.canParse(url) ? ` at ${new URL(url).host}` : '';
}

function shorten(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 200);
}
