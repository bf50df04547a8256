// Leaving: a whole organisation as one archive, and such an archive brought into another tenant.

import { z } from 'zod';
import { defineRoute } from './route.ts';

export const ARCHIVE_TYPE = 'application/gzip';

export const exportOrganisation = defineRoute({
  name: 'exportOrganisation',
  method: 'GET',
  path: '/admin/export',
  policy: 'admin',
  tag: 'org',
  summary:
    'The whole organisation as a gzipped tar: chart, configuration, records, memories and files; no keys, no secrets',
  response: z.unknown(),
  contentType: ARCHIVE_TYPE,
  errors: [409, 501, 503],
});

export const importReport = z.object({
  dry_run: z.boolean(),
  workspaces: z.object({ made: z.number().int(), already_there: z.number().int() }),
  /** Rows that were new, by kind. */
  rows: z.record(z.string(), z.number().int()),
  memories: z.object({
    imported: z.number().int(),
    skipped: z.number().int(),
    errors: z.number().int(),
  }),
  files: z.number().int(),
  /** Of the contents of files. */
  bytes: z.number().int(),
  /** What was never in the archive; null: for every workspace. */
  secrets_to_set: z.array(z.object({ workspace_id: z.string().nullable(), name: z.string() })),
  warnings: z.array(z.string()),
});
export type ImportReport = z.output<typeof importReport>;

export const importOrganisation = defineRoute({
  name: 'importOrganisation',
  method: 'POST',
  path: '/admin/import',
  policy: 'admin',
  tag: 'org',
  summary:
    'Bring in an archive of /admin/export, sent as application/gzip; twice is the same as once, and everything comes paused',
  query: z.object({ dry_run: z.enum(['true', 'false']).optional() }),
  response: importReport,
  errors: [409, 413, 501, 503],
});
