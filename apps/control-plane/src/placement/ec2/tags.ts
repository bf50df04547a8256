// Tags: how what belongs to a tenant is found again. The first four names are the platform contract's.

import { createHash } from 'node:crypto';
import type { Filter, Instance, Tag } from '@aws-sdk/client-ec2';

export const TAGS = {
  org: 'OrgID',
  slug: 'OrgSlug',
  role: 'Role',
  /** The platform whose tenant it is. */
  env: 'env',
  /** On machine images and instances: the name of the tenant's image. */
  image: 'MoleculeImage',
  /** On machine images: SHA-256 of the program, as hex. */
  build: 'MoleculeBuild',
  /** On snapshots: the image that wrote the data. */
  before: 'MoleculeBefore',
  /** On volumes: the snapshot that they were made of. */
  from: 'MoleculeFrom',
  /** On the network interface: how many machines there were. */
  generation: 'MoleculeGeneration',
  /** On the secret: ARN of the one instance that may read it. */
  reader: 'MoleculeReader',
} as const;

const ROLE = 'tenant';

export function tagsOf(env: string, orgId: string, more: Readonly<Record<string, string>> = {}): Tag[] {
  const all = { [TAGS.org]: orgId, [TAGS.role]: ROLE, [TAGS.env]: env, ...more };
  return Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
}

export function filtersOf(env: string, orgId?: string): Filter[] {
  return [
    { Name: `tag:${TAGS.env}`, Values: [env] },
    { Name: `tag:${TAGS.role}`, Values: [ROLE] },
    ...(orgId === undefined ? [] : [{ Name: `tag:${TAGS.org}`, Values: [orgId] }]),
  ];
}

export function tagOf(tags: readonly Tag[] | undefined, key: string): string | null {
  return tags?.find(({ Key }) => Key === key)?.Value ?? null;
}

/** Of the tenant that it runs. */
export const imageOf = ({ Tags }: Instance): string => tagOf(Tags, TAGS.image) ?? '';

/** The same for the same parts: asked twice, the service does it once. At most 64 characters. */
export function tokenOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
