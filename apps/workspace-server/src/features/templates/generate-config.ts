// Generate config: the config.yaml of files that came without one. Names go through the YAML printer, never into a text.

import { stringify } from 'yaml';

const DEFAULT_MODEL = 'anthropic:claude-opus-4-7';

/** `files`: relative path → content. */
export function generateConfig(name: string, files: Readonly<Record<string, string>>): string {
  const paths = Object.keys(files).sort();
  const prompts = paths.filter((path) => !path.includes('/') && path.endsWith('.md'));
  const skills = paths.flatMap((path) => /^skills\/([^/]+)\/SKILL\.md$/.exec(path)?.[1] ?? []);
  return stringify({
    name,
    description: 'Imported workspace template',
    version: '1.0.0',
    tier: 3,
    model: DEFAULT_MODEL,
    prompt_files: prompts.length > 0 ? prompts : ['system-prompt.md'],
    skills,
    tools: [],
    a2a: { port: 8000, streaming: true, push_notifications: true },
    env: { required: ['ANTHROPIC_API_KEY'] },
  });
}
