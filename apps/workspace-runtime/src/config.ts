// Config: the only reader of the environment; what the runtime needs to know before it starts, resolved once.

import type { ConfigFile } from './load-config-file.ts';

export interface ProviderSettings {
  /** Asked for at the moment of a call, and never logged. */
  apiKey: string | null;
  baseUrl: string | null;
}

export type ProviderName = 'anthropic' | 'openai' | 'google' | 'openai-compatible' | 'ollama';

export interface RuntimeConfig {
  workspaceId: string;
  orgId: string | null;
  platformUrl: string;
  /** Where config.yaml, prompts and scripts are. */
  configDir: string;
  /** Where `.auth_token` is kept. */
  tokenDir: string;
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** The address told to the server; null when the listening address is the one. */
  advertisedUrl: string | null;
  parentId: string | null;
  engine: string;
  modelOverride: string | null;
  providers: Readonly<Record<ProviderName, ProviderSettings>>;
  /** Names in `runtime_config.required_env` that are not set. */
  missingEnv: readonly string[];
  file: ConfigFile;
}
