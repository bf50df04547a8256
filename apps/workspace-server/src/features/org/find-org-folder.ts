// Find organisation folder: the files that an organisation template holds for a role, found by the workspace's name.

import { insideRoot } from '../templates/index.ts';
import { listOrgTemplateDirs, readTemplateFolder } from './read-org-template.ts';

export interface OrgFolder {
  /** Such as `review-desk/facts-lead`. */
  label: string;
  /** Relative path → content. */
  files: Record<string, string>;
}

/** The first match in the order of the templates' names; null where none has a folder of that name. */
export async function findOrgFolder(templatesRoot: string, workspaceName: string): Promise<OrgFolder | null> {
  const folder = workspaceName.toLowerCase().replaceAll(' ', '-');
  if (!/^[a-z0-9_-]+$/.test(folder)) return null;
  for (const dir of await listOrgTemplateDirs(templatesRoot)) {
    const root = await insideRoot(templatesRoot, dir);
    if (!root || !(await insideRoot(root, folder))) continue;
    return { label: `${dir}/${folder}`, files: await readTemplateFolder(root, folder) };
  }
  return null;
}
