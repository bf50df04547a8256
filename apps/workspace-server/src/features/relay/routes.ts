// Relay routes: the A2A door of every workspace, and its card.

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { a2a } from '@molecule/contracts';
import { faults, isUuid } from '@molecule/domain';
import { type Binder, renderFault, toFault } from '@molecule/http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Followers } from '../access/index.ts';
import { requireWorkspace } from '../workspaces/index.ts';
import { parseEnvelope } from './envelope.ts';
import { identifySender, judgeTarget } from './judge-call.ts';
import { answerForQueued } from './queued-task.ts';
import type { RelayInput } from './relay-call.ts';
import { type RelayDeps, relayMessage } from './relay-message.ts';
import { relayStream } from './relay-stream.ts';
import { relayedCard } from './relayed-card.ts';

export interface RelayRouteDeps extends RelayDeps {
  publicUrl: () => string;
  followers: Followers;
}

export async function bindRelayRoutes(
  app: FastifyInstance,
  binder: Binder,
  deps: RelayRouteDeps,
): Promise<void> {
  await app.register(async (scope) => {
    // The relay hands bytes on; it must not print again what it did not change.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

    binder.bind(scope, a2a.relayMessage, async ({ caller, params, request, reply }) => {
      const targetId = params.id.toLowerCase();
      const sender = identifySender(deps, caller, request.headers);
      judgeTarget(deps, sender, targetId);
      const input: RelayInput = {
        sender,
        targetId,
        envelope: parseEnvelope(bodyOf(request.body)),
        headers: agentHeaders(request.headers),
        preference: parsePreference(request.headers.prefer),
        ...parseTimeout(request.headers['x-timeout']),
      };
      if (input.envelope.isStreaming) {
        const revocation = new AbortController();
        const forget = deps.followers.add(caller, () => revocation.abort());
        try {
          await relayStream(deps, input, {
            open: (status, contentType) => openStream(reply, status, contentType),
            refuse: async (rendered) => {
              await reply.code(rendered.status).headers(rendered.headers).send(rendered.body);
            },
            revoked: revocation.signal,
          });
        } finally {
          forget();
        }
        return reply;
      }
      const answer = (await answerForQueued(deps, input)) ?? (await relayMessage(deps, input));
      reply.code(answer.status).header('content-type', 'application/json');
      return reply.send(answer.body);
    });

    binder.bind(scope, a2a.dropStaleMessages, async ({ query }) => {
      const minutes = query.max_age_minutes === undefined ? 60 : Number(query.max_age_minutes);
      if (!Number.isInteger(minutes) || minutes < 1) {
        throw faults.invalidRequest('max_age_minutes must be a positive integer');
      }
      if (query.workspace_id !== undefined && !isUuid(query.workspace_id)) throw faults.invalidWorkspaceId();
      const olderThan = deps.clock.now() - Math.min(minutes, MAX_AGE_MINUTES) * 60_000;
      return { dropped: await deps.inbox.dropStale(olderThan, query.workspace_id ?? null) };
    });

    binder.bind(scope, a2a.readAgentCard, async ({ caller, params, request }) => {
      const targetId = params.id.toLowerCase();
      const sender = identifySender(deps, caller, request.headers);
      const target = judgeTarget(deps, sender, targetId);
      const card = requireWorkspace(deps.directory, target.id).agentCard;
      if (typeof card !== 'object' || card === null)
        throw faults.notFound('this workspace has no agent card yet');
      return relayedCard(card, target.name, `${deps.publicUrl()}/workspaces/${target.id}/a2a`);
    });

    scope.setErrorHandler((error, _request, reply) => {
      const rendered = renderFault(toFault(error, deps.translate));
      void reply.code(rendered.status).headers(rendered.headers).send(rendered.body);
    });
  });
}

/** Older than any message can be. */
const MAX_AGE_MINUTES = 10 * 365 * 24 * 60;

function bodyOf(body: unknown): Buffer {
  if (!Buffer.isBuffer(body) || body.length === 0) throw faults.invalidRequest('failed to read request body');
  return body;
}

/** Only what selects a protocol version travels on; credentials and cookies never do. */
function agentHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of ['a2a-version', 'a2a-extensions']) {
    const value = headers[name];
    if (typeof value === 'string') passed[name] = value;
  }
  return passed;
}

/** `X-Timeout` in seconds: a positive integer is a deadline, `0` lifts the ceiling, anything else is ignored. */
function parseTimeout(header: string | string[] | undefined): {
  deadlineMs: number | null;
  hasNoCeiling: boolean;
} {
  const text = Array.isArray(header) ? header[0] : header;
  const seconds = text !== undefined && /^\d{1,6}$/.test(text.trim()) ? Number(text) : null;
  return { deadlineMs: seconds ? seconds * 1000 : null, hasNoCeiling: seconds === 0 };
}

/** RFC 7240: `respond-async`, and our `handling=strict`. */
function parsePreference(header: string | string[] | undefined): RelayInput['preference'] {
  const text = (Array.isArray(header) ? header.join(',') : (header ?? '')).toLowerCase();
  if (text.includes('handling=strict')) return 'strict';
  return text.includes('respond-async') ? 'respond-async' : null;
}

function openStream(reply: FastifyReply, status: number, contentType: string): ServerResponse {
  reply.hijack();
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) headers[name] = String(value);
  reply.raw.writeHead(status, {
    ...headers,
    'content-type': contentType,
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
  reply.raw.flushHeaders();
  return reply.raw;
}
