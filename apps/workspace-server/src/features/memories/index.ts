// Memories: the guard around the memory plugin: who may read and write what, and what leaves the server for it.
export { tellAudits } from './audit-memory.ts';
export { HttpMemoryPlugin, type PluginTarget } from './http-memory-plugin.ts';
export { plantSeeds, purgeNamespaces } from './keep-promises.ts';
export { type MemoryDeps, OrgWriters } from './memory-deps.ts';
export type { MemoryLedger } from './memory-ledger.ts';
export { bindMemoryRoutes } from './routes.ts';
export { WriteLimit } from './write-limit.ts';
