// Conversation memory: bounds, whatever is said.

import type { ModelMessage } from 'ai';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConversationMemory } from './conversation-memory.ts';

describe('conversation memory', () => {
  it('drops the conversation that was not used for longest (V1)', () => {
    const memory = new ConversationMemory({ contexts: 2, messages: 9, chars: 99 });
    for (const id of ['a', 'b', 'a', 'c']) memory.append(id, [{ role: 'user', content: id }]);
    expect([memory.recall('a').length, memory.recall('b').length, memory.recall('c').length]).toEqual([
      2, 0, 1,
    ]);
  });

  it('never outgrows its limits and never begins with an answer (V2)', () => {
    const limits = { contexts: 3, messages: 5, chars: 60 };
    const turn = fc.record({
      ask: fc.string({ maxLength: 40 }),
      answers: fc.array(fc.string({ maxLength: 40 }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 12 }), (turns) => {
        const memory = new ConversationMemory(limits);
        for (const { ask, answers } of turns) {
          const said = answers.map((content): ModelMessage => ({ role: 'assistant', content }));
          memory.append('c', [{ role: 'user', content: ask }, ...said]);
          const kept = memory.recall('c');
          const chars = kept.reduce((sum, message) => sum + JSON.stringify(message.content).length, 0);
          expect(kept.length).toBeLessThanOrEqual(limits.messages);
          expect(chars).toBeLessThanOrEqual(limits.chars);
          if (kept.length > 0) expect(kept[0]!.role).toBe('user');
        }
      }),
    );
  });
});
