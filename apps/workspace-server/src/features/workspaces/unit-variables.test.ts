// Unit variables: whose value wins, what never gets through, and what a config.yaml may require.

import type { WorkspaceState } from '@molecule/domain';
import { Secret } from '@molecule/kit';
import { describe, expect, it } from 'vitest';
import { requireVariables, type UnitVariableFacts, unitVariables } from './unit-variables.ts';

const secrets = (values: Record<string, string>) =>
  new Map(Object.entries(values).map(([name, value]) => [name, Secret.of(value)]));

function facts(
  over: Partial<Omit<UnitVariableFacts, 'secrets' | 'state'>> & {
    state?: Partial<WorkspaceState>;
    global?: Record<string, string>;
    own?: Record<string, string>;
  } = {},
): UnitVariableFacts {
  const { state, global = {}, own = {}, ...rest } = over;
  return {
    engine: 'model',
    providerEnv: {},
    generation: 7,
    ...rest,
    state: { name: 'My Role!', role: null, runtime: 'langgraph', model: null, ...state } as WorkspaceState,
    secrets: { global: secrets(global), own: secrets(own) },
  };
}

describe('the variables of a unit', () => {
  it('take the workspace before everybody before the server', () => {
    const env = unitVariables(
      facts({
        providerEnv: { A: 'server', B: 'server', C: 'server' },
        global: { B: 'global', C: 'global' },
        own: { C: 'own' },
      }),
    );
    expect(env).toMatchObject({ A: 'server', B: 'global', C: 'own', MOLECULE_CONFIG_GENERATION: '7' });
  });

  it('keep the provider settings of the server from engines that need none', () => {
    expect(unitVariables(facts({ engine: 'rehearsal', providerEnv: { A: 'server' } }))).not.toHaveProperty(
      'A',
    );
  });

  it.each([
    [
      'the one chosen for the workspace',
      { state: { model: 'created' }, global: { MODEL_PROVIDER: 'all' }, own: { MODEL_PROVIDER: 'own' } },
      'own',
    ],
    [
      'the one it was created with',
      { state: { model: 'created' }, global: { MODEL_PROVIDER: 'all' } },
      'created',
    ],
    [
      'the one for everybody',
      { global: { MODEL_PROVIDER: 'all' }, providerEnv: { MODEL_PROVIDER: 'server' } },
      'all',
    ],
    ["the server's", { providerEnv: { MODEL_PROVIDER: 'server' } }, 'server'],
  ])('name as model %s', (_, over, model) => {
    expect(unitVariables(facts(over)).MODEL_PROVIDER).toBe(model);
  });

  it('tell hermes its model under its own name', () => {
    const state = { runtime: 'hermes' };
    expect(unitVariables(facts({ state, own: { MODEL_PROVIDER: 'm' } })).HERMES_DEFAULT_MODEL).toBe('m');
    expect(unitVariables(facts({ state }))).not.toHaveProperty('HERMES_DEFAULT_MODEL');
  });

  it('sign commits, unless a secret says by whom', () => {
    const env = unitVariables(facts({ global: { GIT_AUTHOR_NAME: 'Ann' } }));
    expect(env).toMatchObject({
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'my-role@agents.invalid',
      GIT_COMMITTER_NAME: 'Molecule AI My Role!',
    });
  });

  it('leave out what is no variable name and what is ours', () => {
    const env = unitVariables(
      facts({ own: { 'my-key': 'x', WORKSPACE_ENGINE: 'other', PATH: '/evil', OK: 'y' } }),
    );
    expect(env).toMatchObject({ WORKSPACE_ENGINE: 'model', OK: 'y' });
    expect(Object.keys(env)).not.toContain('my-key');
    expect(Object.keys(env)).not.toContain('PATH');
  });

  it('are not larger than a program can be given', () => {
    const half = 'x'.repeat(512 * 1024 - 512);
    expect(() => unitVariables(facts({ own: { A: half, B: half } }))).not.toThrow();
    expect(() => unitVariables(facts({ own: { A: half, B: half, C: 'x'.repeat(2048) } }))).toThrow(
      'larger than',
    );
  });
});

describe('what a config.yaml requires', () => {
  const config = 'runtime_config:\n  required_env: [A, B, WORKSPACE_ID]';

  it('is there', () => {
    expect(() => requireVariables({ A: '1', B: '2' }, config)).not.toThrow();
  });

  it('is named when it is missing or empty', () => {
    expect(() => requireVariables({ A: '' }, config)).toThrow(
      expect.objectContaining({ code: 'CONFIG_MISSING', extra: { missing: ['A', 'B'] } }),
    );
  });

  it.each(['', 'no: yaml: at all', '[]', 'runtime_config: 3', 'runtime_config:\n  required_env: {}'])(
    'is nothing in %j',
    (text) => expect(() => requireVariables({}, text)).not.toThrow(),
  );
});
