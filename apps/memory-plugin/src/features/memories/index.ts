// Memories: written, found and forgotten in namespaces.
export { HttpEmbedder } from './http-embedder.ts';
export type { MemoryStore } from './memory-store.ts';
export { memoryRoutes } from './routes.ts';
export { embedMissing } from './vector-search.ts';
