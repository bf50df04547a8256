// Files: what workspaces are configured with, work on, and get attached.

export { KeptUploads } from './kept-uploads.ts';
export type { LiveFolders } from './live-folders.ts';
export { bindFileRoutes, type FileRouteDeps } from './routes.ts';
