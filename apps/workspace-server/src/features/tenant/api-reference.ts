// API reference: the OpenAPI document and its page, made from the contracts that are bound.
// The server refuses to start when a route, an operation and a policy row are not one and the same set.

import { type RouteContract, tenant } from '@molecule/contracts';
import { API_PAGE_STYLE, type Binder, describeApi, renderApiPage } from '@molecule/http';
import type { FastifyInstance } from 'fastify';

export const API_TITLE = 'Molecule tenant API';
export const API_SUMMARY = 'One organisation of agents: workspaces, messages, events.';

/** Bind it last: it describes what is bound by then, itself included. */
export function bindApiReference(app: FastifyInstance, binder: Binder, version: string): void {
  let document: Record<string, unknown> | null = null;
  let page: string | null = null;
  const info = {
    title: API_TITLE,
    version,
    description: API_SUMMARY,
  };

  binder.bind(app, tenant.openApiDocument, async () => {
    document ??= describeApi(binder.bound(), info);
    return document as { openapi: string };
  });

  binder.bind(app, tenant.apiPage, async ({ reply }) => {
    page ??= renderApiPage(binder.bound(), API_TITLE);
    reply.header('content-type', 'text/html; charset=utf-8');
    return page;
  });

  binder.bind(app, tenant.apiPageStyle, async ({ reply }) => {
    reply.header('content-type', 'text/css; charset=utf-8');
    return API_PAGE_STYLE;
  });

  refuseUnlikeSets(binder.bound(), describeApi(binder.bound(), info));
}

function refuseUnlikeSets(bound: readonly RouteContract[], document: Record<string, unknown>): void {
  const operations = new Set<string>();
  for (const item of Object.values(
    document.paths as Record<string, Record<string, { operationId: string }>>,
  )) {
    for (const operation of Object.values(item)) operations.add(operation.operationId);
  }
  const names = bound.map((contract) => contract.name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated) throw new Error(`two routes are called ${repeated}`);
  const missing = names.filter((name) => !operations.has(name));
  if (missing.length > 0 || operations.size !== names.length) {
    throw new Error(`routes and OpenAPI operations differ: ${missing.join(', ')}`);
  }
}
