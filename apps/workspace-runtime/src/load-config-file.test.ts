// Load config file, and config: defaults, tolerance, and sentences that say where and what to do.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';
import { loadConfigFile, parseConfigFile } from './load-config-file.ts';

describe('config.yaml', () => {
  it('has the contract’s defaults when it is empty', () => {
    expect(parseConfigFile('', 'c')).toMatchObject({
      name: 'Workspace',
      version: '1.0.0',
      tier: 1,
      runtime: 'langgraph',
      model: 'anthropic:claude-opus-4-7',
      a2a: { port: 8000, streaming: true, push_notifications: true },
      delegation: { retry_attempts: 3, retry_delay: 5, timeout: 120 },
      skills: [],
      prompt_files: [],
      max_concurrent_tasks: 4,
    });
  });

  it('ignores keys it does not know, and nulls', () => {
    const file = parseConfigFile(
      'name: ~\nskills: ~\na2a: ~\nhermes: {x: 1}\nruntime_config: {models: [{id: m}]}',
      'c',
    );
    expect(file).toMatchObject({ name: 'Workspace', skills: [], a2a: { port: 8000 } });
    expect(file).not.toHaveProperty('hermes');
  });

  it.each([
    ['2', 2],
    ['"3"', 3],
    ['high', 1],
    ['0', 0],
  ])('reads tier %s as %d', (text, tier) => {
    expect(parseConfigFile(`tier: ${text}`, 'c').tier).toBe(tier);
  });

  it.each([
    ['name: [a\n', /^c, line 2, column 1: .*; mend the YAML there/],
    ['a: 1\na: 2\n', /^c, line 2, column 1: Map keys must be unique; mend/],
    ['- a\n- b\n', /^c, line 1, column 1: a mapping such as "name: Researcher" is expected/],
    ['name: x\na2a:\n  port: 70000\n', /^c, line 3, column 9: "a2a.port": .*; correct the value/],
    ['name: x\nskills: cooking\n', /^c, line 2, column 9: "skills": /],
  ])('says where %j is wrong', (text, sentence) => {
    expect(() => parseConfigFile(text, 'c')).toThrow(sentence);
  });

  it('never fails in another way than with a sentence, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseConfigFile(text, 'c');
        } catch (error) {
          expect(error).toMatchObject({ code: 'CONFIG_MISSING' });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('that is missing names the folder variable', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'config-'));
    await expect(loadConfigFile(folder)).rejects.toThrow(/does not exist: .*WORKSPACE_CONFIG_PATH/);
    await rm(folder, { recursive: true });
  });
});

describe('config', () => {
  const file = parseConfigFile('runtime: claude-code\nruntime_config: {required_env: [A_KEY, B_KEY]}', 'c');
  const base = { WORKSPACE_ID: 'w', A_KEY: 'x' };

  it('runs the model engine for every runtime that is not built in, unless the server chose', () => {
    expect(loadConfig(base, file)).toMatchObject({ engine: 'model', missingEnv: ['B_KEY'], port: 8000 });
    expect(loadConfig({ ...base, WORKSPACE_ENGINE: 'rehearsal', PORT: '0' }, file)).toMatchObject({
      engine: 'rehearsal',
      port: 0,
    });
  });

  it.each([
    [{ MOLECULE_URL: 'http://c' }, 'http://c'],
    [{ MOLECULE_URL: 'http://c', PLATFORM_URL: 'http://b/' }, 'http://b'],
    [{ MOLECULE_URL: 'http://c', PLATFORM_URL: 'http://b', MOLECULE_PLATFORM_URL: 'http://a' }, 'http://a'],
  ])('finds the server in %j', (env, url) => {
    expect(loadConfig({ ...base, ...env }, file).platformUrl).toBe(url);
  });

  it('takes keys and addresses of providers, with or without the version in the path', () => {
    const { providers } = loadConfig(
      {
        ...base,
        ANTHROPIC_API_KEY: 'k1',
        ANTHROPIC_BASE_URL: 'http://p',
        GEMINI_API_KEY: 'k2',
        GOOGLE_BASE_URL: 'http://g/v1beta/',
      },
      file,
    );
    expect(providers.anthropic.apiKey?.reveal()).toBe('k1');
    expect(providers.anthropic.baseUrl).toBe('http://p/v1');
    expect(providers.google).toMatchObject({ baseUrl: 'http://g/v1beta' });
    expect(providers.google.apiKey?.reveal()).toBe('k2');
    expect(providers.ollama).toEqual({ apiKey: null, baseUrl: 'http://localhost:11434/v1' });
    expect(JSON.stringify(providers)).not.toContain('k1');
  });

  it('lets the environment override how delegation is tried again', () => {
    const env = { ...base, DELEGATION_TIMEOUT: '300', DELEGATION_RETRY_ATTEMPTS: '1' };
    expect(loadConfig(env, file).delegation).toEqual({ retry_attempts: 1, retry_delay: 5, timeout: 300 });
  });

  it('lets go of no key when it is printed', () => {
    const config = loadConfig(
      { ...base, OPENAI_API_KEY: 'canary-9f', MOLECULE_WORKSPACE_TOKEN: 'canary-9f' },
      file,
    );
    expect(JSON.stringify(config)).not.toContain('canary-9f');
  });
});
