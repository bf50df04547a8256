// Webhook routes: hand the raw bytes of a delivery on; a signature is about bytes, not about what they parse to.

import { webhooks as contract } from '@molecule/contracts';
import type { Binder } from '@molecule/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GithubReceiver, type WebhookDeps } from './receive-github.ts';

const DELIVERY_ID = /^[\x21-\x7e]{1,128}$/;

export async function bindWebhookRoutes(
  app: FastifyInstance,
  binder: Binder,
  deps: WebhookDeps,
): Promise<void> {
  const receiver = new GithubReceiver(deps);
  const receive = async (request: FastifyRequest, reply: FastifyReply, workspaceId: string | null) => {
    const header = (name: string) => {
      const value = request.headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    const deliveryId = header('x-github-delivery') ?? '';
    const answer = await receiver.receive({
      rawBody: Buffer.isBuffer(request.body) && request.body.length > 0 ? request.body : null,
      signature: header('x-hub-signature-256'),
      event: header('x-github-event') ?? '',
      deliveryId: DELIVERY_ID.test(deliveryId) ? deliveryId : null,
      workspaceId,
    });
    return reply.code(answer.status).header('content-type', 'application/json').send(answer.body);
  };
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    binder.bind(scope, contract.receiveGithub, ({ request, reply }) => receive(request, reply, null));
    binder.bind(scope, contract.receiveGithubFor, ({ request, reply, params }) =>
      receive(request, reply, params.id),
    );
  });
}
