// Metrics: what Prometheus reads. Route patterns, never raw paths, so that the number of series stays bounded.

import { PerformanceObserver } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { WorkspaceDirectory } from '../workspaces/index.ts';

export class TenantMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<string>;
  readonly #seconds: Counter<string>;
  readonly #histogram: Histogram<string>;
  readonly #sockets: Gauge;

  constructor(directory: WorkspaceDirectory) {
    const registers = [this.#registry];
    const labelNames = ['method', 'path', 'status'];
    this.#requests = new Counter({
      name: 'molecule_http_requests_total',
      help: 'HTTP requests by route pattern.',
      labelNames,
      registers,
    });
    this.#seconds = new Counter({
      name: 'molecule_http_request_duration_seconds_total',
      help: 'Seconds spent on HTTP requests, summed.',
      labelNames,
      registers,
    });
    this.#histogram = new Histogram({
      name: 'molecule_http_request_duration_seconds',
      help: 'Duration of HTTP requests.',
      labelNames: ['method', 'path'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
      registers,
    });
    this.#sockets = new Gauge({
      name: 'molecule_websocket_connections_active',
      help: 'Open WebSocket connections.',
      registers,
    });
    const workspaces = new Gauge({
      name: 'molecule_workspaces',
      help: 'Live workspaces by status.',
      labelNames: ['status'],
      registers,
      collect: () => {
        workspaces.reset();
        for (const state of directory.live()) workspaces.inc({ status: state.status });
      },
    });
    this.#addProcessGauges();
  }

  /** Counts every answer, refusals included. */
  watch(app: FastifyInstance): void {
    app.addHook('onResponse', (request, reply, done) => {
      const path = request.routeOptions.url ?? 'unmatched';
      const labels = { method: request.method, path, status: String(reply.statusCode) };
      const seconds = reply.elapsedTime / 1000;
      this.#requests.inc(labels);
      this.#seconds.inc(labels, seconds);
      this.#histogram.observe({ method: request.method, path }, seconds);
      done();
    });
  }

  socketOpened(delta: 1 | -1): void {
    this.#sockets.inc(delta);
  }

  print(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The reference's names, so that existing dashboards keep working; the values are this process's. */
  #addProcessGauges(): void {
    const gauge = (name: string, help: string, read: () => number) => {
      const made: Gauge = new Gauge({
        name,
        help,
        registers: [this.#registry],
        collect: () => made.set(read()),
      });
    };
    gauge('go_goroutines', 'Active handles of the process.', () => process.getActiveResourcesInfo().length);
    gauge('go_memstats_alloc_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed);
    gauge('go_memstats_sys_bytes', 'Resident memory.', () => process.memoryUsage().rss);
    gauge('go_memstats_heap_inuse_bytes', 'Heap reserved.', () => process.memoryUsage().heapTotal);
    this.#countCollections();
  }

  #countCollections(): void {
    const collections = new Counter({
      name: 'go_gc_duration_seconds_total',
      help: 'Seconds spent on collecting garbage, summed.',
      registers: [this.#registry],
    });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) collections.inc(duration / 1000);
    }).observe({ entryTypes: ['gc'] });
  }
}
