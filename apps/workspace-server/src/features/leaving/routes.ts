// Leaving routes: the archive out, and in.

import type { Readable } from 'node:stream';
import { leaving as contract } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import { type Binder, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { type ExportDeps, exportOrganisation } from './export-organisation.ts';
import { type ImportDeps, importOrganisation } from './import-organisation.ts';

export type LeavingDeps = ExportDeps & ImportDeps;

const ARCHIVE_TYPES = [contract.ARCHIVE_TYPE, 'application/x-gzip', 'application/octet-stream'];

export async function bindLeavingRoutes(
  app: FastifyInstance,
  binder: Binder,
  deps: LeavingDeps,
): Promise<void> {
  binder.bind(app, contract.exportOrganisation, async ({ reply }) => {
    const archive = await exportOrganisation(deps);
    const day = new Date(deps.clock.now()).toISOString().slice(0, 10);
    reply.header('content-type', contract.ARCHIVE_TYPE);
    reply.header('content-disposition', `attachment; filename="molecule-${day}.tar.gz"`);
    return reply.send(archive);
  });

  // Archives are read as they come, in a scope of their own: everywhere else a body is JSON.
  await app.register(async (scope) => {
    scope.addContentTypeParser(ARCHIVE_TYPES, (_request, payload, done) => done(null, payload));
    let isImporting = false;
    binder.bind(scope, contract.importOrganisation, async ({ body, query, caller }) => {
      const archive = body as unknown as Readable | null;
      if (typeof archive?.pipe !== 'function') {
        throw faults.invalidRequest(`send the archive as ${contract.ARCHIVE_TYPE}`);
      }
      if (isImporting) throw faults.conflict('another import is under way');
      isImporting = true;
      try {
        return await importOrganisation(deps, describeCaller(caller), archive, query.dry_run === 'true');
      } finally {
        isImporting = false;
      }
    });
  });
}
