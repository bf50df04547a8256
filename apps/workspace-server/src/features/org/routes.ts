// Organisation routes: list templates, import one.

import { org } from '@molecule/contracts';
import { faults, isFault } from '@molecule/domain';
import { type Binder, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { type ImportDeps, importOrg } from './import-org.ts';
import { collectRequirements, countNodes } from './org-template.ts';
import { listOrgTemplateDirs, readOrgTemplate } from './read-org-template.ts';

export function bindOrgRoutes(app: FastifyInstance, binder: Binder, deps: ImportDeps): void {
  binder.bind(app, org.listOrgTemplates, async ({ request }) => {
    const entries = [];
    for (const dir of await listOrgTemplateDirs(deps.templatesRoot)) {
      try {
        const { template } = await readOrgTemplate(deps.templatesRoot, dir);
        entries.push({
          dir,
          name: template.name,
          description: template.description ?? '',
          workspaces: countNodes(template.workspaces),
          required_env: collectRequirements(template, 'required_env'),
          recommended_env: collectRequirements(template, 'recommended_env'),
        });
      } catch (error) {
        if (!isFault(error)) throw error;
        request.log.warn(
          { dir, detail: error.extra.details ?? error.message },
          'an org template is left out',
        );
      }
    }
    return entries;
  });

  binder.bind(app, org.importOrg, async ({ body, caller, reply }) => {
    if (body.template && JSON.stringify(body.template).includes('_file"')) {
      throw faults.invalidRequest('invalid org template', {
        details: 'an inline template cannot refer to files',
      });
    }
    const { isComplete, reply: result } = await importOrg(deps, describeCaller(caller), body);
    if (!isComplete) reply.code(207);
    return result;
  });
}
