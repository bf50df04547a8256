// Run conformance: every scenario that concerns a plugin, one after the other, with a verdict each.

import { CAPABILITY_SCENARIOS } from './capability-scenarios.ts';
import { CORE_SCENARIOS } from './core-scenarios.ts';
import type { PluginProbe } from './plugin-probe.ts';
import type { Options, Scenario } from './scenario.ts';

export interface Verdict {
  number: number;
  level: Scenario['level'];
  title: string;
  result: 'passed' | 'failed' | 'left out';
  /** What is wrong, or why it was left out. */
  why: string | null;
}

export const SCENARIOS: readonly Scenario[] = [...CORE_SCENARIOS, ...CAPABILITY_SCENARIOS];

export async function runConformance(
  plugin: PluginProbe,
  options: Options,
  tell: (verdict: Verdict) => void = () => {},
): Promise<Verdict[]> {
  const { body } = await plugin.call('GET', '/v1/health');
  const capabilities = new Set(Array.isArray(body.capabilities) ? body.capabilities.map(String) : []);
  const verdicts: Verdict[] = [];
  for (const scenario of SCENARIOS) {
    const verdict = await judge(scenario, plugin, options, capabilities);
    verdicts.push(verdict);
    tell(verdict);
  }
  return verdicts;
}

async function judge(
  scenario: Scenario,
  plugin: PluginProbe,
  options: Options,
  capabilities: ReadonlySet<string>,
): Promise<Verdict> {
  const { number, level, title, capability } = scenario;
  const leftOut =
    capability !== undefined && !capabilities.has(capability)
      ? `the plugin does not list "${capability}"`
      : (scenario.stepsAside?.(options) ?? null);
  if (leftOut !== null) return { number, level, title, result: 'left out', why: leftOut };
  try {
    await scenario.run(plugin, options);
    return { number, level, title, result: 'passed', why: null };
  } catch (error) {
    return { number, level, title, result: 'failed', why: (error as Error).message };
  }
}

/** A plugin conforms when nothing but an `ops` scenario failed. */
export function doesConform(verdicts: readonly Verdict[]): boolean {
  return verdicts.every(({ result, level }) => result !== 'failed' || level === 'ops');
}
