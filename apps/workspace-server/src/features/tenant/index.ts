// Tenant: health, metrics, what this server is, and the canvas files it serves.

export { bindApiReference } from './api-reference.ts';
export { TenantMetrics } from './metrics.ts';
export { bindTenantRoutes, type TenantRouteDeps } from './routes.ts';
export { serveCanvas } from './serve-canvas.ts';
export type { ViewportStore } from './viewport-store.ts';
