// Write whole: a file that only this user opens and that is there as a whole or not at all, whenever the machine stops.

import { open, rename } from 'node:fs/promises';

export async function writeWhole(file: string, content: Buffer): Promise<void> {
  const next = await open(`${file}.next`, 'w', 0o600);
  try {
    await next.chmod(0o600);
    await next.writeFile(content);
    await next.sync();
  } finally {
    await next.close();
  }
  await rename(`${file}.next`, file);
}
