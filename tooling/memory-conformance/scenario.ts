// Scenario: one thing that the contract of memory plugins promises, and how to see whether a plugin keeps it.

import type { PluginProbe } from './plugin-probe.ts';

export interface Options {
  /** Restarts the plugin; without it nobody can tell whether it keeps anything. */
  restart: (() => Promise<void>) | null;
  /** Measure with ten thousand memories, which takes a while. */
  isLoadWanted: boolean;
}

export interface Scenario {
  number: number;
  /** `core`: every plugin. `cap`: who lists the capability. `ops`: how it behaves in service; a failure is a warning. */
  level: 'core' | 'cap' | 'ops';
  title: string;
  capability?: string;
  /** Why it cannot be tried with these options. */
  stepsAside?(options: Options): string | null;
  run(plugin: PluginProbe, options: Options): Promise<void>;
}
