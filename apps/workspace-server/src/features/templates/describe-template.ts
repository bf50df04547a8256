// Describe template: what the canvas shows of a workspace template before anybody uses it.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { templates } from '@molecule/contracts';
import { DEFAULT_RUNTIME, isTier } from '@molecule/domain';

type Config = Readonly<Record<string, unknown>>;

export async function describeTemplate(
  id: string,
  folder: string,
  config: Config,
): Promise<templates.WorkspaceTemplate> {
  const skills = await skillsOf(folder);
  const runtimeConfig = asMapping(config.runtime_config);
  const seconds = runtimeConfig.provision_timeout_seconds;
  const models = modelsOf(runtimeConfig.models);
  const required = textsOf(runtimeConfig.required_env);
  return {
    id,
    name: asText(config.name) || id,
    description: asText(config.description),
    tier: typeof config.tier === 'number' && isTier(config.tier) ? config.tier : 3,
    ...engineOf(config),
    ...(models.length > 0 ? { models } : {}),
    ...(required.length > 0 ? { required_env: required } : {}),
    skills,
    skill_count: skills.length,
    ...(typeof seconds === 'number' && seconds > 0 ? { provision_timeout_seconds: Math.floor(seconds) } : {}),
  };
}

/** Which engine and model a config asks for; empty where it says nothing. */
export function engineOf(config: Config): { runtime: string; model: string } {
  return {
    runtime: asText(config.runtime) || DEFAULT_RUNTIME,
    model: asText(config.model) || asText(asMapping(config.runtime_config).model),
  };
}

async function skillsOf(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(join(folder, 'skills'), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function modelsOf(value: unknown): NonNullable<templates.WorkspaceTemplate['models']> {
  if (!Array.isArray(value)) return [];
  return value.map(asMapping).flatMap((model) => {
    const id = asText(model.id);
    const name = asText(model.name);
    const required = textsOf(model.required_env);
    if (id === '') return [];
    return [{ id, ...(name ? { name } : {}), ...(required.length > 0 ? { required_env: required } : {}) }];
  });
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function asMapping(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
