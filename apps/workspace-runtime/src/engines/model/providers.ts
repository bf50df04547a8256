// Providers: which model providers the `model` engine speaks to, what each needs, and how a model's name is read.

import type { ConfigFile } from '../../load-config-file.ts';

export const PROVIDER_NAMES = [
  'anthropic',
  'openai',
  'openai-chat',
  'google',
  'openai-compatible',
  'ollama',
  'openrouter',
  'groq',
  'cerebras',
  'qianfan',
] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

export interface ProviderFacts {
  /** The variable that holds the key; the first is the one to name to people. */
  keyNames: readonly string[];
  isKeyRequired: boolean;
  baseUrlNames: readonly string[];
  /** Null where the SDK knows it. */
  defaultBaseUrl: string | null;
  /** What the API's path ends with, appended when a base URL leaves it out. */
  version: string | null;
}

const chat = (keyName: string, url: string): ProviderFacts => ({
  keyNames: [keyName, 'OPENAI_API_KEY'],
  isKeyRequired: true,
  baseUrlNames: [keyName.replace('_API_KEY', '_BASE_URL')],
  defaultBaseUrl: url,
  version: null,
});
const openai: ProviderFacts = {
  keyNames: ['OPENAI_API_KEY'],
  isKeyRequired: true,
  baseUrlNames: ['OPENAI_BASE_URL'],
  defaultBaseUrl: null,
  version: null,
};

export const PROVIDERS: Readonly<Record<ProviderName, ProviderFacts>> = {
  anthropic: {
    keyNames: ['ANTHROPIC_API_KEY'],
    isKeyRequired: true,
    baseUrlNames: ['ANTHROPIC_BASE_URL'],
    defaultBaseUrl: null,
    version: 'v1',
  },
  openai,
  'openai-chat': openai,
  google: {
    keyNames: ['GOOGLE_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
    isKeyRequired: true,
    baseUrlNames: ['GOOGLE_BASE_URL', 'GEMINI_BASE_URL'],
    defaultBaseUrl: null,
    version: 'v1beta',
  },
  'openai-compatible': {
    keyNames: ['OPENAI_COMPATIBLE_API_KEY', 'OPENAI_API_KEY'],
    isKeyRequired: false,
    baseUrlNames: ['OPENAI_COMPATIBLE_BASE_URL', 'OPENAI_BASE_URL'],
    defaultBaseUrl: null,
    version: null,
  },
  ollama: {
    keyNames: ['OLLAMA_API_KEY'],
    isKeyRequired: false,
    baseUrlNames: ['OLLAMA_BASE_URL'],
    defaultBaseUrl: 'http://localhost:11434/v1',
    version: 'v1',
  },
  openrouter: chat('OPENROUTER_API_KEY', 'https://openrouter.ai/api/v1'),
  groq: { ...chat('GROQ_API_KEY', 'https://api.groq.com/openai/v1'), keyNames: ['GROQ_API_KEY'] },
  cerebras: { ...chat('CEREBRAS_API_KEY', 'https://api.cerebras.ai/v1'), keyNames: ['CEREBRAS_API_KEY'] },
  qianfan: {
    ...chat('QIANFAN_API_KEY', 'https://qianfan.baidubce.com/v2'),
    keyNames: ['QIANFAN_API_KEY', 'AISTUDIO_API_KEY'],
  },
};

/** Other spellings of a provider that published configurations use. */
const ALIASES: Readonly<Record<string, ProviderName>> = {
  google_genai: 'google',
  'google-genai': 'google',
  gemini: 'google',
  openai_compatible: 'openai-compatible',
};
/** Short names that Claude's own tools accept as a model. */
const CLAUDE_NAMES: Readonly<Record<string, string>> = {
  sonnet: 'claude-sonnet-4-6',
  opus: 'claude-opus-4-7',
  haiku: 'claude-haiku-4-5',
};

export interface ModelName {
  provider: ProviderName;
  model: string;
}

/** The model that a workspace asks for: the environment's override, then the engine's own, then the workspace's. */
export function chooseModel(file: ConfigFile, override: string | null): string {
  return override || file.runtime_config.model || file.model;
}

/** `provider:model`; without a provider it is Anthropic's. A sentence when the provider is not supported. */
export function parseModel(text: string): ModelName | string {
  const at = text.indexOf(':');
  if (at < 0) return { provider: 'anthropic', model: CLAUDE_NAMES[text] ?? text };
  const prefix = text.slice(0, at).trim().toLowerCase();
  const model = text.slice(at + 1).trim();
  const provider = ALIASES[prefix] ?? PROVIDER_NAMES.find((name) => name === prefix);
  if (!provider) {
    return `the model "${text}" names the provider "${prefix}", which is not supported; use one of ${PROVIDER_NAMES.join(', ')}`;
  }
  if (model === '') return `the model "${text}" names no model after "${prefix}:"`;
  return { provider, model: provider === 'anthropic' ? (CLAUDE_NAMES[model] ?? model) : model };
}
