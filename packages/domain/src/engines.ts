// Engines: the names that a workspace's `runtime` field may carry, and which engine really runs each.

/** Engines that this product installs with itself. */
export const BUILT_IN_ENGINES = ['rehearsal', 'model'] as const;
export type BuiltInEngine = (typeof BUILT_IN_ENGINES)[number];

export const KNOWN_RUNTIMES = [
  'langgraph',
  'claude-code',
  'openclaw',
  'crewai',
  'autogen',
  'deepagents',
  'hermes',
  'codex',
  'gemini-cli',
  'external',
  ...BUILT_IN_ENGINES,
] as const;

/** `POST /workspaces` without a runtime. */
export const DEFAULT_RUNTIME = 'langgraph';

export interface EngineChoice {
  engine: BuiltInEngine;
  /** Set when the runtime that was asked for is not installed here; a sentence for people. */
  substitution: string | null;
}

/** Which installed engine runs a workspace whose `runtime` says `runtime`. Never called for `external`. */
export function chooseEngine(runtime: string): EngineChoice {
  if ((BUILT_IN_ENGINES as readonly string[]).includes(runtime)) {
    return { engine: runtime as BuiltInEngine, substitution: null };
  }
  return {
    engine: 'model',
    substitution: `runtime "${runtime}" is not installed here; the "model" engine runs this workspace instead`,
  };
}
