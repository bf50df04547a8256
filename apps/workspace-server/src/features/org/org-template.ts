// Organisation template: the part of the org.yaml schema that import understands. Unknown keys are ignored.

import { org } from '@molecule/contracts';
import { z } from 'zod';

const requirements = z.array(org.envRequirement).nullish();

const promptFields = {
  initial_prompt: z.string().nullish(),
  initial_prompt_file: z.string().nullish(),
  idle_prompt: z.string().nullish(),
  idle_prompt_file: z.string().nullish(),
  idle_interval_seconds: z.number().nullish(),
};

/** Entries that are no memories are skipped one by one, and said. */
const memories = z.array(z.unknown()).nullish();

const defaults = z.looseObject({
  runtime: z.string().nullish(),
  tier: z.number().int().nullish(),
  model: z.string().nullish(),
  required_env: requirements,
  initial_memories: memories,
  ...promptFields,
});

export interface OrgNode {
  name: string;
  role?: string | null;
  runtime?: string | null;
  tier?: number | null;
  model?: string | null;
  template?: string | null;
  files_dir?: string | null;
  system_prompt?: string | null;
  workspace_dir?: string | null;
  workspace_access?: string | null;
  max_concurrent_tasks?: number | null;
  external?: boolean | null;
  url?: string | null;
  canvas?: { x: number; y: number } | null;
  required_env?: org.EnvRequirement[] | null;
  recommended_env?: org.EnvRequirement[] | null;
  initial_prompt?: string | null;
  initial_prompt_file?: string | null;
  idle_prompt?: string | null;
  idle_prompt_file?: string | null;
  idle_interval_seconds?: number | null;
  secrets?: Record<string, string> | null;
  initial_memories?: unknown[] | null;
  children?: OrgNode[] | null;
  [unknown: string]: unknown;
}

const node: z.ZodType<OrgNode> = z.lazy(() =>
  z.looseObject({
    name: z.string().min(1),
    role: z.string().nullish(),
    runtime: z.string().nullish(),
    tier: z.number().int().nullish(),
    model: z.string().nullish(),
    template: z.string().nullish(),
    files_dir: z.string().nullish(),
    system_prompt: z.string().nullish(),
    secrets: z.record(z.string(), z.string()).nullish(),
    workspace_dir: z.string().nullish(),
    workspace_access: z.string().nullish(),
    max_concurrent_tasks: z.number().int().nullish(),
    external: z.boolean().nullish(),
    url: z.string().nullish(),
    canvas: z.object({ x: z.number(), y: z.number() }).nullish(),
    required_env: requirements,
    recommended_env: requirements,
    initial_memories: memories,
    ...promptFields,
    children: z.array(node).nullish(),
  }),
);

export const orgTemplateSchema = z.looseObject({
  name: z.string().min(1),
  description: z.string().nullish(),
  defaults: defaults.nullish(),
  workspaces: z.array(node).min(1),
  /** For everybody, said by the first root. */
  global_memories: memories,
  required_env: requirements,
  recommended_env: requirements,
  /** Our own keys. */
  molecule: z.looseObject({ suggested_task: z.string().nullish() }).nullish(),
});
export type OrgTemplate = z.output<typeof orgTemplateSchema>;

export function countNodes(nodes: readonly OrgNode[]): number {
  return nodes.reduce((sum, child) => sum + 1 + countNodes(child.children ?? []), 0);
}

/** Every requirement of the organisation and its workspaces, in a stable order, without repeats. */
export function collectRequirements(
  template: OrgTemplate,
  field: 'required_env' | 'recommended_env',
): org.EnvRequirement[] {
  const found: org.EnvRequirement[] = [...(template[field] ?? [])];
  if (field === 'required_env') found.push(...(template.defaults?.required_env ?? []));
  const visit = (nodes: readonly OrgNode[]) => {
    for (const child of nodes) {
      found.push(...(child[field] ?? []));
      visit(child.children ?? []);
    }
  };
  visit(template.workspaces);
  const keyOf = (req: org.EnvRequirement) =>
    typeof req === 'string' ? req : [...req.any_of].sort().join('|');
  const unique = new Map(found.map((req) => [`${typeof req}:${keyOf(req)}`, req]));
  return [...unique.values()].sort((a, b) => {
    if (typeof a !== typeof b) return typeof a === 'string' ? -1 : 1;
    return keyOf(a) < keyOf(b) ? -1 : 1;
  });
}
