// Organisation archive: what the entries of an export are called, in which order they come, and how large they may be.
//
//   manifest.json                     first: what this is
//   secrets.json                      names of secrets, without values
//   chart/<number>.json               one workspace with its configuration files, parents first
//   rows/<table>/<number>.ndjson      records, one a line
//   memories/<number>.ndjson          memories, one a line
//   units/<workspace>/<folder>/…      what a unit keeps
//   end.json                          last: an archive without it was broken off

import { z } from 'zod';

export const FORMAT = 'molecule-organisation';
export const VERSION = 1;
export const MANIFEST = 'manifest.json';
export const SECRETS = 'secrets.json';
export const END = 'end.json';

export const manifest = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  exported_at: z.string(),
});

export const secretNames = z.array(z.object({ workspace_id: z.string().nullable(), name: z.string() }));
export type SecretName = z.output<typeof secretNames>[number];

export interface ArchiveLimits {
  /** Of everything that the archive holds, unpacked. */
  bytes: number;
  entries: number;
  /** Of an entry that is read as a whole. */
  entryBytes: number;
}

/** `chart/000012.json` */
export function numbered(folder: string, number: number, extension: string): string {
  return `${folder}/${String(number).padStart(6, '0')}.${extension}`;
}
