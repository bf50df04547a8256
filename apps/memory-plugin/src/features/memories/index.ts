// Memories: written, found and forgotten in namespaces.
export type { MemoryStore } from './memory-store.ts';
export { memoryRoutes } from './routes.ts';
