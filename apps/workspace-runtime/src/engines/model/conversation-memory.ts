// Conversation memory: what was said in each conversation, so that a follow-up is understood; bounded in every direction.
//
//   V1. At most `contexts` conversations, the least recently used goes first.
//   V2. At most `messages` messages and `chars` characters each; the oldest go first, and what is left begins with a
//       message of the user, so that no tool result stands without its call.

import type { ModelMessage } from 'ai';

export interface MemoryLimits {
  contexts: number;
  messages: number;
  chars: number;
}
export const MEMORY_LIMITS: MemoryLimits = { contexts: 50, messages: 60, chars: 300_000 };

export class ConversationMemory {
  readonly #limits: MemoryLimits;
  readonly #conversations = new Map<string, ModelMessage[]>();

  constructor(limits: MemoryLimits = MEMORY_LIMITS) {
    this.#limits = limits;
  }

  recall(contextId: string): ModelMessage[] {
    return [...(this.#conversations.get(contextId) ?? [])];
  }

  append(contextId: string, messages: ModelMessage[]): void {
    const all = [...(this.#conversations.get(contextId) ?? []), ...messages];
    this.#conversations.delete(contextId);
    this.#conversations.set(contextId, trim(all, this.#limits));
    if (this.#conversations.size > this.#limits.contexts) {
      this.#conversations.delete(this.#conversations.keys().next().value!);
    }
  }
}

function trim(messages: ModelMessage[], limits: MemoryLimits): ModelMessage[] {
  const sizes = messages.map((message) => JSON.stringify(message.content).length);
  let chars = sizes.reduce((sum, size) => sum + size, 0);
  let from = 0;
  while (from < messages.length && (messages.length - from > limits.messages || chars > limits.chars)) {
    chars -= sizes[from++]!;
  }
  while (from > 0 && from < messages.length && messages[from]!.role !== 'user') from++;
  return messages.slice(from);
}
