// Vital signs: what heartbeats report, held in memory and written behind them in batches.

export interface Vitals {
  activeTasks: number;
  errorRate: number;
  lastSampleError: string;
  currentTask: string;
  uptimeSeconds: number;
  monthlySpendCents: number;
  runtimeState: string;
  runtimeMetadata: {
    capabilities?: Record<string, boolean> | null;
    idle_timeout_seconds?: number | null;
    config_generation?: number | null;
  } | null;
  /** Epoch milliseconds. */
  lastHeartbeatAt: number | null;
  lastOutboundAt: number | null;
  /** When it was last seen at work on a task. */
  lastTaskAt: number | null;
}

export const NO_VITALS: Vitals = {
  activeTasks: 0,
  errorRate: 0,
  lastSampleError: '',
  currentTask: '',
  uptimeSeconds: 0,
  monthlySpendCents: 0,
  runtimeState: '',
  runtimeMetadata: null,
  lastHeartbeatAt: null,
  lastOutboundAt: null,
  lastTaskAt: null,
};

export interface VitalsStore {
  loadAll(): Promise<Map<string, Vitals>>;
  /** Writes the newest vitals of several workspaces; resolves after the commit. Unknown ids are passed over. */
  save(batch: ReadonlyMap<string, Vitals>): Promise<void>;
}
