// Fake Stripe: the few calls of Stripe's API that the platform makes, as strict as the service: form bodies, the secret key,
// required and unknown parameters, ids that are gone. Signs webhooks as Stripe does.

import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeStripe {
  url: string;
  /** Checkout sessions that were made, with their parameters as Stripe reads them. */
  sessions: { id: string; params: Record<string, string> }[];
  customers: Set<string>;
  subscriptions: Set<string>;
  /** What was called: method and path. */
  calls: string[];
  /** Answers everything with this status until it is null again. */
  failWith: number | null;
  close(): void;
}

interface Options {
  secretKey: string;
  prices: readonly string[];
}

const SESSION =
  /^(mode|customer|success_url|cancel_url|client_reference_id|line_items\[0\]\[(price|quantity)\]|(subscription_data)?\[?metadata\]?\[(org_id|plan)\])$/;

type Reply = readonly [status: number, body: unknown];

export async function startFakeStripe({ secretKey, prices }: Options): Promise<FakeStripe> {
  const server = createServer((request, response) => {
    void readForm(request).then((params) => {
      const [status, body] = answer(fake, { secretKey, prices }, request, params);
      response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeStripe = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sessions: [],
    customers: new Set(),
    subscriptions: new Set(),
    calls: [],
    failWith: null,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return fake;
}

function answer(
  fake: FakeStripe,
  { secretKey, prices }: Options,
  { method = '', url = '', headers }: IncomingMessage,
  params: Record<string, string>,
): Reply {
  fake.calls.push(`${method} ${url}`);
  if (fake.failWith !== null) return refusal(fake.failWith, `planted; your key ${secretKey}`);
  if (headers.authorization !== `Bearer ${secretKey}`) return refusal(401, 'Invalid API Key provided');
  if (method === 'POST' && url === '/v1/checkout/sessions') return makeSession(fake, prices, params);
  if (method === 'POST' && url === '/v1/billing_portal/sessions') return openPortal(fake, params);
  const [, kind, id = ''] = /^\/v1\/(subscriptions|customers)\/(\w+)$/.exec(url) ?? [];
  if (method !== 'DELETE' || !kind) return refusal(404, `Unrecognized request URL (${method}: ${url})`);
  const isCustomer = kind === 'customers';
  if (!(isCustomer ? fake.customers : fake.subscriptions).delete(id))
    return refusal(404, `No such ${kind}`, 'resource_missing');
  return [
    200,
    isCustomer
      ? { id, object: 'customer', deleted: true }
      : { id, object: 'subscription', status: 'canceled' },
  ];
}

function makeSession(fake: FakeStripe, prices: readonly string[], params: Record<string, string>): Reply {
  const stranger = Object.keys(params).find((name) => !SESSION.test(name));
  if (stranger) return refusal(400, `Received unknown parameter: ${stranger}`, 'parameter_unknown');
  if (params.mode !== 'subscription' || !params.success_url) return refusal(400, 'Missing required param');
  if (!prices.includes(params['line_items[0][price]'] ?? ''))
    return refusal(400, 'No such price', 'resource_missing');
  if (params.customer && !fake.customers.has(params.customer))
    return refusal(400, 'No such customer', 'resource_missing');
  const id = `cs_test_${randomUUID().replaceAll('-', '')}`;
  fake.sessions.push({ id, params });
  return [200, { id, object: 'checkout.session', url: `${fake.url}/pay/${id}` }];
}

function openPortal(fake: FakeStripe, params: Record<string, string>): Reply {
  const { customer = '', return_url: back, ...more } = params;
  if (Object.keys(more).length > 0) return refusal(400, 'Received unknown parameter', 'parameter_unknown');
  if (!fake.customers.has(customer)) return refusal(404, 'No such customer', 'resource_missing');
  if (!back) return refusal(400, 'Missing return_url');
  return [200, { id: 'bps_1', object: 'billing_portal.session', url: `${fake.url}/portal/${customer}` }];
}

function refusal(status: number, message: string, code?: string): Reply {
  return [status, { error: { type: 'invalid_request_error', message, code } }];
}

/** The body and the header of a webhook, signed at this moment. */
export function signStripeEvent(event: unknown, secret: string): { body: string; signature: string } {
  const body = JSON.stringify(event);
  const seconds = Math.floor(Date.now() / 1000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return { body, signature: `t=${seconds},v1=${mac}` };
}

async function readForm(request: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return Object.fromEntries(new URLSearchParams(text));
}
