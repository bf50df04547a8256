// Registry: agents report in, and find each other.
export { bindRegistryRoutes, type RegistryRouteDeps } from './routes.ts';
