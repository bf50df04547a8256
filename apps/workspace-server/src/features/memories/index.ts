// Memories: the guard around the memory plugin: who may read and write what, and what leaves the server for it.
export { tellAudits } from './audit-memory.ts';
export { memoryPages } from './export-memories.ts';
export { FirstMemories } from './first-memories.ts';
export { HttpMemoryPlugin, type PluginTarget } from './http-memory-plugin.ts';
export { importMemories } from './import-memories.ts';
export { plantSeeds, purgeNamespaces } from './keep-promises.ts';
export { type MemoryDeps, OrgWriters } from './memory-deps.ts';
export type { MemoryLedger } from './memory-ledger.ts';
export { MemorySearch } from './memory-search.ts';
export { bindMemoryRoutes } from './routes.ts';
export { WriteLimit } from './write-limit.ts';
