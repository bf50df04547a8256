// Memories: the guard around the memory plugin: who may read and write what, and what leaves the server for it.
export { tellAudits } from './audit-memory.ts';
export { changeMemory } from './edit-memory.ts';
export { everyNamespace, memoryPages, pagesOf } from './export-memories.ts';
export { FirstMemories } from './first-memories.ts';
export type { ForgetLedger } from './forget-ledger.ts';
export { finishForgettings, forgetOne } from './forget-subject.ts';
export { HttpMemoryPlugin, type PluginTarget } from './http-memory-plugin.ts';
export { importMemories } from './import-memories.ts';
export { plantSeeds, purgeNamespaces } from './keep-promises.ts';
export { MemoryChanges, notingPlugin } from './memory-changes.ts';
export { type MemoryDeps, OrgWriters } from './memory-deps.ts';
export type { MemoryLedger } from './memory-ledger.ts';
export { MemorySearch } from './memory-search.ts';
export { plainText } from './plain-text.ts';
export { redactMemory } from './redact-memory.ts';
export { bindMemoryRoutes } from './routes.ts';
export { WriteLimit } from './write-limit.ts';
