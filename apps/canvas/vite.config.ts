// Vite: builds the board into hashed files that the workspace-server serves under a policy without 'unsafe-inline'.

import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const API = [
  '/workspaces',
  '/registry',
  '/health',
  '/admin',
  '/org',
  '/events',
  '/activity',
  '/auth',
  '/canvas',
  '/approvals',
];
const TENANT = 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/',
  plugins: [react(), tailwindcss()],
  build: {
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // Small files would become data: URLs, which the policy refuses.
    assetsInlineLimit: 0,
    sourcemap: false,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      ...Object.fromEntries(API.map((path) => [path, { target: TENANT, changeOrigin: false }])),
      '/ws': { target: TENANT.replace('http', 'ws'), ws: true },
    },
  },
});
