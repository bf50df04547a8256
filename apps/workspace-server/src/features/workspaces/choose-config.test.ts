// The order in which a restart looks for its configuration, row by row of the contract.

import type { WorkspaceState } from '@molecule/domain';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ConfigSources, chooseConfig } from './choose-config.ts';

const WORKSPACE = {
  name: 'Data Analyst',
  role: 'counts',
  tier: 2,
  runtime: 'rehearsal',
  model: null,
} as WorkspaceState;

const config = (name: string) => ({ 'config.yaml': `name: ${name}\nprompt_files: [a.md]\n`, 'a.md': name });

function sourcesWith(...ids: string[]): ConfigSources {
  return {
    readTemplate: async (id) => (ids.includes(id) ? config(id) : null),
    findTemplate: async (name) => {
      const id = name.toLowerCase().replaceAll(' ', '-');
      return ids.includes(id) ? id : null;
    },
    readOrgFolder: async () =>
      ids.includes('org') ? { label: 'org/data-analyst', files: config('org') } : null,
  };
}

const ALL = ['other', 'data-analyst', 'org', 'rehearsal-default'];

describe('a restart takes its configuration from', () => {
  it.each([
    ['the named template', ALL, { template: 'other', apply_template: true, rebuild_config: true }, 'other'],
    ['the template of its name', ALL, { apply_template: true, rebuild_config: true }, 'data-analyst'],
    [
      'its name where the named one is unknown',
      ALL,
      { template: 'no', apply_template: true },
      'data-analyst',
    ],
    [
      'its organisation',
      ['org', 'rehearsal-default'],
      { apply_template: true, rebuild_config: true },
      'org/data-analyst',
    ],
    [
      'its organisation, before a template it did not ask for',
      ALL,
      { rebuild_config: true },
      'org/data-analyst',
    ],
    [
      "its engine's default",
      ['rehearsal-default'],
      { apply_template: true, rebuild_config: true },
      'rehearsal-default',
    ],
    ['what it has, unless asked', ALL, {}, 'existing-volume'],
    [
      'what it has, where nothing fits',
      [],
      { template: 'x', apply_template: true, rebuild_config: true },
      'existing-volume',
    ],
    [
      'what it has, where only a default is there to rebuild from',
      ['rehearsal-default'],
      { rebuild_config: true },
      'existing-volume',
    ],
  ])('%s', async (_, ids, options, label) => {
    expect((await chooseConfig(sourcesWith(...ids), WORKSPACE, options)).label).toBe(label);
  });

  it('a template, and stays who it is', async () => {
    const { files } = await chooseConfig(sourcesWith('other'), WORKSPACE, { template: 'other' });
    expect(files['a.md']).toBe('other');
    expect(parse(files['config.yaml'] ?? '')).toEqual({
      version: '1.0.0',
      name: 'Data Analyst',
      description: 'counts',
      tier: 2,
      runtime: 'rehearsal',
      prompt_files: ['a.md'],
    });
  });
});
