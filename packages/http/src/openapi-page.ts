// OpenAPI page: the API reference as one readable page, without a script.

import type { RouteContract } from '@molecule/contracts';
import { z } from 'zod';

const STYLE_HREF = '/docs/api.css';

export const API_PAGE_STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; text-transform: capitalize; }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .5rem 0; }
summary { cursor: pointer; display: flex; gap: .75rem; flex-wrap: wrap; align-items: baseline; }
code { font: 14px ui-monospace, monospace; }
.method { font-weight: 700; min-width: 4rem; }
.policy { margin-left: auto; opacity: .75; font-size: 14px; }
pre { overflow: auto; padding: .75rem; background: color-mix(in srgb, currentColor 6%, transparent); border-radius: 6px; }
`;

export function renderApiPage(contracts: readonly RouteContract[], title: string): string {
  const tags = [...new Set(contracts.map((contract) => contract.tag))].sort();
  const sections = tags.map((tag) => {
    const operations = contracts.filter((contract) => contract.tag === tag).map(renderOperation);
    return `<section><h2>${escapeHtml(tag)}</h2>${operations.join('')}</section>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><link rel="stylesheet" href="${STYLE_HREF}"></head><body><main>
<h1>${escapeHtml(title)}</h1><p>Machine-readable: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1). The word at the
right of each operation is its policy: who may call it.</p>${sections.join('')}</main></body></html>`;
}

function renderOperation(contract: RouteContract): string {
  const blocks = [
    contract.body ? `<p>Request</p>${renderSchema(contract.body, 'input')}` : '',
    `<p>Answer ${contract.status ?? 200}</p>${renderSchema(contract.response, 'output')}`,
  ];
  return `<details><summary><span class="method">${contract.method}</span><code>${escapeHtml(contract.path)}</code>
<span>${escapeHtml(contract.summary)}</span><span class="policy">${contract.policy}</span></summary>${blocks.join('')}</details>`;
}

function renderSchema(schema: z.ZodType, io: 'input' | 'output'): string {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<
    string,
    unknown
  >;
  return `<pre>${escapeHtml(JSON.stringify(json, null, 2))}</pre>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
