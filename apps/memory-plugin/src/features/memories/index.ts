// Memories: written, found and forgotten in namespaces.
export { embedMissing } from './embed-missing.ts';
export { HttpEmbedder } from './http-embedder.ts';
export type { MemoryStore } from './memory-store.ts';
export { memoryRoutes } from './routes.ts';
export type { VectorStore } from './vector-store.ts';
