// Build workspace image: what `npm run image` does, without a server.

import type { Log } from '@molecule/kit';
import { Engine } from '../engine.ts';
import { imageSources } from './root-files.ts';
import { WorkspaceImage } from './workspace-image.ts';

/** The name of the image, which is there then. Throws IMAGE_MISSING or BACKEND_TRANSIENT, with a cause. */
export function buildWorkspaceImage(repositoryDir: string, socketPath: string, log: Log): Promise<string> {
  return new WorkspaceImage(new Engine(socketPath), imageSources(repositoryDir), log).ensure();
}
