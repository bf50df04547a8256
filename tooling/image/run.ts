// Builds the workspace image and says what it is called, or why it cannot be built.

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWorkspaceImage } from '@molecule/backends';
import { isFault } from '@molecule/domain';
import { createLog } from '@molecule/kit';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const socketPath = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');

try {
  console.log(await buildWorkspaceImage(ROOT, socketPath, createLog({ level: 'info' })));
} catch (error) {
  if (!isFault(error)) throw error;
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  process.stderr.write(`${error.message}${cause}\nEngine: ${socketPath} (DOCKER_HOST)\n`);
  process.exit(1);
}
