// Memories: written, found and forgotten in namespaces.
export { embedMissing } from './embed-missing.ts';
export type { MemoryStore } from './memory-store.ts';
export { ProviderEmbedder } from './provider-embedder.ts';
export { memoryRoutes } from './routes.ts';
export type { VectorStore } from './vector-store.ts';
