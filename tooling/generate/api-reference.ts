// API reference: every operation of the contracts as the OpenAPI document that a tenant serves.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RouteContract } from '@molecule/contracts';
import * as contracts from '@molecule/contracts';
import { type ApiInfo, describeApi } from '@molecule/http';
import { API_SUMMARY, API_TITLE } from '../../apps/workspace-server/src/features/tenant/api-reference.ts';

/** Every route of a tenant that a module of the contracts exports, by path and method. */
export function listRoutes(): RouteContract[] {
  const key = ({ path, method }: RouteContract) => `${path} ${method}`;
  // The platform is another server.
  const { platform: _, ...ofTenants } = contracts;
  return Object.values(ofTenants)
    .flatMap((module) => (isRecord(module) ? Object.values(module) : []))
    .filter(isRoute)
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

export function apiInfo(root: string): ApiInfo {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { title: API_TITLE, version, description: API_SUMMARY };
}

export function openApiText(root: string): string {
  return `${JSON.stringify(describeApi(listRoutes(), apiInfo(root)), null, 2)}\n`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isRoute(value: unknown): value is RouteContract {
  return isRecord(value) && 'policy' in value && 'method' in value && 'path' in value;
}
