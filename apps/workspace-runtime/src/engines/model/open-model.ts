// Open model: a provider's SDK, loaded only when it is used, pointed at the configured address.

import type { LanguageModel } from 'ai';
import type { ProviderSettings } from '../../config.ts';
import type { ModelName } from './providers.ts';

export async function openModel(name: ModelName, settings: ProviderSettings): Promise<LanguageModel> {
  // An empty text keeps the SDKs from looking into the environment themselves.
  const apiKey = settings.apiKey?.reveal() ?? '';
  const baseURL = settings.baseUrl ?? undefined;
  switch (name.provider) {
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ apiKey, baseURL })(name.model);
    }
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai');
      return createOpenAI({ apiKey, baseURL }).responses(name.model);
    }
    case 'openai-chat': {
      const { createOpenAI } = await import('@ai-sdk/openai');
      return createOpenAI({ apiKey, baseURL }).chat(name.model);
    }
    case 'google': {
      const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
      return createGoogleGenerativeAI({ apiKey, baseURL })(name.model);
    }
    default: {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const provider = createOpenAICompatible({
        name: name.provider,
        baseURL: baseURL ?? '',
        ...(apiKey === '' ? {} : { apiKey }),
        includeUsage: true,
      });
      return provider(name.model);
    }
  }
}
