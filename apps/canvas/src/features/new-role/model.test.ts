// New role: what is offered, and what is sent.

import { describe, expect, it } from 'vitest';
import { engineOffers, firstEngine, isComplete, toBody } from './model.ts';

const runtimes = [
  { name: 'rehearsal', installed: true, simulated: true },
  { name: 'model', installed: true, simulated: false },
  { name: 'claude-code', installed: false, simulated: false },
];
const draft = { name: ' Ann ', purpose: ' ', managerId: null, engine: 'model', model: ' ' };

describe('engines', () => {
  it('are those that this server has, and an agent elsewhere', () => {
    expect(engineOffers({ runtimes }).map(({ name }) => name)).toEqual(['rehearsal', 'model', 'external']);
    expect(engineOffers(null).map(({ name }) => name)).toEqual(['external']);
  });

  it('begin with a model only where a key for one is', () => {
    expect(firstEngine({ runtimes, provider_keys: [] })).toBe('rehearsal');
    expect(firstEngine({ runtimes, provider_keys: ['ANTHROPIC_API_KEY'] })).toBe('model');
    expect(firstEngine(null)).toBe('external');
  });
});

describe('what is sent', () => {
  it('is what was said, and nothing of what was not', () => {
    expect(JSON.parse(JSON.stringify(toBody(draft)))).toEqual({ name: 'Ann', runtime: 'model' });
    expect(
      JSON.parse(JSON.stringify(toBody({ ...draft, purpose: 'counts', managerId: 'm', model: 'x' }))),
    ).toEqual({ name: 'Ann', role: 'counts', parent_id: 'm', runtime: 'model', model: 'x' });
    expect(JSON.parse(JSON.stringify(toBody({ ...draft, engine: 'external' })))).toEqual({
      name: 'Ann',
      external: true,
    });
  });

  it('needs a name', () => {
    expect(isComplete(draft)).toBe(true);
    expect(isComplete({ ...draft, name: '  ' })).toBe(false);
    expect(isComplete({ ...draft, name: 'x'.repeat(100_000) })).toBe(false);
  });
});
