// Proves that the API page tells every operation, who may call it, its shapes and what goes wrong.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { POLICY_CALLERS } from '@molecule/contracts';
import { describe, expect, it } from 'vitest';
import { apiMarkdown } from './api-markdown.ts';
import { listRoutes, openApiText } from './api-reference.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const page = apiMarkdown(ROOT);

function sectionOf(heading: string): string {
  const start = page.indexOf(`\n### ${heading}\n`);
  expect(start).toBeGreaterThan(0);
  return page.slice(start, page.indexOf('\n##', start + 4));
}

describe('the API page', () => {
  it('has a section for every route, with its operation and who may call it', () => {
    const routes = listRoutes();
    expect(routes.length).toBeGreaterThan(50);
    for (const { name, method, path, policy } of routes) {
      const shown = path.replace(/:([A-Za-z_]+)/g, '{$1}').replace(/\*$/, '{path}');
      const section = sectionOf(`${method} ${shown}`);
      expect(section).toContain(`Operation \`${name}\``);
      expect(section).toContain(`May be called by ${POLICY_CALLERS[policy]}.`);
    }
  });

  it('names parameters, headers, fields, success and errors', () => {
    const discover = sectionOf('GET /registry/discover/{id}');
    expect(discover).toContain('| `X-Workspace-ID` | header | string, required | The workspace that asks |');
    const create = sectionOf('POST /workspaces');
    expect(create).toContain('| Body | Type |');
    expect(create).toMatch(/\| `canvas` \? \| \{ x: number, y: number \} \\\| null \|/);
    expect(create).toContain('| Answer 201 | Type |');
    expect(create).toContain(
      '400 The request is malformed or its values are not allowed (`invalid workspace payload`',
    );
    expect(sectionOf('POST /workspaces/{id}/a2a')).toContain('Answer 200 or 202: any JSON');
  });

  it('is the OpenAPI document in words: both come from the same operations', () => {
    const { paths } = JSON.parse(openApiText(ROOT)) as { paths: Record<string, object> };
    const operations = Object.values(paths).flatMap((item) => Object.keys(item));
    expect(operations).toHaveLength(listRoutes().length);
  });
});
