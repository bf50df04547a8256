// Template routes: what there is to make workspaces from, and bringing one's own.

import { templates as contract } from '@molecule/contracts';
import type { Binder } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { type ImportTemplateDeps, importTemplate } from './import-template.ts';

export function bindTemplateRoutes(app: FastifyInstance, binder: Binder, deps: ImportTemplateDeps): void {
  binder.bind(app, contract.listTemplates, async () => deps.templates.list());

  binder.bind(app, contract.importTemplate, async ({ body }) => ({
    status: 'imported' as const,
    ...(await importTemplate(deps, body)),
  }));
}
