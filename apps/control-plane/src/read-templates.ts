// Read templates: what ships with the product, by name, for those who look before they sign up.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface ShippedTemplate {
  name: string;
  kind: 'org' | 'workspace';
  files: string[];
}

export async function readShippedTemplates(root: string): Promise<ShippedTemplate[]> {
  const found: ShippedTemplate[] = [];
  for (const kind of ['org', 'workspace'] as const) {
    const folder = join(root, `${kind}s`);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const files = await readdir(join(folder, entry.name), { recursive: true, withFileTypes: true });
      const home = join(folder, entry.name);
      found.push({
        name: entry.name,
        kind,
        files: files
          .filter((file) => file.isFile())
          .map((file) => join(file.parentPath, file.name).slice(home.length + 1))
          .sort(),
      });
    }
  }
  return found;
}
