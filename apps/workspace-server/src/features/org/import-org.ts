// Import organisation: creates every workspace of a template, parents first. Answers promptly; agents start afterwards,
// paced by the dispatcher's gate. On the failure of one node the import stops there, keeps what it made, and says so.

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { org } from '@molecule/contracts';
import { DEFAULT_IMPORT_TIER, Fault, faults, isFault, LIMITS } from '@molecule/domain';
import { parse, stringify } from 'yaml';
import { insideRoot } from '../templates/index.ts';
import {
  type CreateDeps,
  commitNewWorkspace,
  planInitialMemories,
  planWorkspace,
} from '../workspaces/index.ts';
import { placeChildren, sizeOf } from './layout-org.ts';
import { collectRequirements, countNodes, type OrgNode, type OrgTemplate } from './org-template.ts';
import { readSecretNames, readSecretsOf } from './read-env-files.ts';
import { parseTemplate, readOrgTemplate, readTemplateFolder } from './read-org-template.ts';

export interface ImportDeps extends CreateDeps {
  templatesRoot: string;
  /** Environment names that every agent of this tenant has, with a value. */
  envNames(): Promise<ReadonlySet<string>>;
  /** A sentence when this cannot be a secret; never with the value in it. */
  findSecretProblem(name: string, value: string): string | null;
}

export interface ImportInput {
  dir?: string | null;
  template?: unknown;
  force?: boolean | null;
  mode?: 'create' | 'merge' | null;
  defaults?: { runtime?: string | null; model?: string | null } | null;
}

export interface ImportOutcome {
  isComplete: boolean;
  reply: org.ImportOrgReply;
}

const ROOT_GAP = 60;

/** The id of the workspace at a place of the template, such as `0/2`: the third child of the first root. */
export type IdOfPlace = (place: string) => string;

/**
 * With `idOf` an import can be run again: a workspace whose id is there, or was, is not made a second time, and nothing is
 * made below one that was removed.
 */
export async function importOrg(
  deps: ImportDeps,
  actor: string,
  input: ImportInput,
  idOf: IdOfPlace = () => randomUUID(),
): Promise<ImportOutcome> {
  if (input.mode === 'merge') throw faults.notImplemented('import with mode "merge"');
  const { template, root } = await load(deps, input);
  if (countNodes(template.workspaces) > LIMITS.importNodes) {
    throw faults.invalidRequest('invalid org template', {
      details: `more than ${LIMITS.importNodes} workspaces`,
    });
  }
  if (!input.force) await preflight(deps, template, root);
  const run = new ImportRun(deps, actor, template, root, input.defaults ?? {}, idOf);
  return run.all();
}

async function load(
  deps: ImportDeps,
  input: ImportInput,
): Promise<{ template: OrgTemplate; root: string | null }> {
  if (input.dir) return readOrgTemplate(deps.templatesRoot, input.dir);
  if (input.template) return { template: parseTemplate(input.template), root: null };
  throw faults.invalidRequest("provide 'dir' or 'template'");
}

async function preflight(deps: ImportDeps, template: OrgTemplate, root: string | null): Promise<void> {
  const names = new Set(await deps.envNames());
  for (const name of await readSecretNames(root, template.workspaces)) names.add(name);
  const required = collectRequirements(template, 'required_env');
  const missing = required.filter((req) =>
    typeof req === 'string' ? !names.has(req) : !req.any_of.some((name) => names.has(name)),
  );
  if (missing.length === 0) return;
  throw new Fault('PRECONDITION_FAILED', 'missing required environment variables', {
    extra: {
      missing_env: missing,
      required_env: required,
      template: template.name,
      suggestion: 'set them as global secrets (PUT /settings/secrets), or import with force: true',
    },
  });
}

class ImportRun {
  readonly #deps: ImportDeps;
  readonly #actor: string;
  readonly #template: OrgTemplate;
  readonly #root: string | null;
  readonly #overrides: { runtime?: string | null; model?: string | null };
  readonly #idOf: IdOfPlace;
  readonly #made: org.ImportOrgReply['workspaces'] = [];
  readonly #warnings = new Set<string>();

  constructor(
    deps: ImportDeps,
    actor: string,
    template: OrgTemplate,
    root: string | null,
    overrides: { runtime?: string | null; model?: string | null },
    idOf: IdOfPlace,
  ) {
    this.#deps = deps;
    this.#actor = actor;
    this.#template = template;
    this.#root = root;
    this.#overrides = overrides;
    this.#idOf = idOf;
  }

  async all(): Promise<ImportOutcome> {
    let error: string | undefined;
    try {
      let x = this.#firstFreeX();
      for (const [i, node] of this.#template.workspaces.entries()) {
        await this.#node(node, `${i}`, null, node.canvas ?? { x, y: 0 });
        x += sizeOf(node).width + ROOT_GAP;
      }
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown;
      const details = thrown.extra.details;
      error = `${thrown.message}${typeof details === 'string' ? `: ${details}` : ''}`;
      if (this.#made.length === 0) throw thrown;
    }
    return {
      isComplete: error === undefined,
      reply: {
        org: this.#template.name,
        workspaces: this.#made,
        count: this.#made.length,
        ...(error === undefined ? {} : { error }),
        ...(this.#warnings.size === 0 ? {} : { warnings: [...this.#warnings] }),
      },
    };
  }

  async #node(
    node: OrgNode,
    place: string,
    parentId: string | null,
    position: { x: number; y: number },
  ): Promise<void> {
    const id = this.#idOf(place);
    const before = this.#deps.directory.get(id);
    if (before?.status === 'removed') return;
    if (!before) await this.#create(node, id, parentId, position);
    const children = node.children ?? [];
    const places = placeChildren(children);
    for (const [i, child] of children.entries()) {
      await this.#node(child, `${place}/${i}`, id, places[i] ?? { x: 0, y: 0 });
    }
  }

  async #create(
    node: OrgNode,
    id: string,
    parentId: string | null,
    position: { x: number; y: number },
  ): Promise<void> {
    const { defaults } = this.#template;
    const plan = await planWorkspace(
      this.#deps,
      {
        name: node.name,
        role: node.role,
        runtime: node.runtime || this.#overrides.runtime || defaults?.runtime,
        model: node.model || this.#overrides.model || defaults?.model,
        tier: node.tier ?? defaults?.tier,
        template: node.files_dir ? null : node.template,
        workspace_dir: node.workspace_dir,
        workspace_access: node.workspace_access,
        max_concurrent_tasks: node.max_concurrent_tasks,
        external: node.external,
        url: node.url,
        parent_id: parentId,
        canvas: position,
      },
      DEFAULT_IMPORT_TIER,
      id,
    );
    for (const warning of plan.warnings) this.#warnings.add(warning);
    const isFirst = node === this.#template.workspaces[0];
    const memories = planInitialMemories(
      this.#deps.initialMemories,
      plan.state,
      this.#memoriesOf(node, isFirst),
    );
    for (const warning of memories.warnings) this.#warnings.add(`"${node.name}": ${warning}`);
    const contents = {
      files: await this.#filesOf(node, plan.state, isFirst),
      secrets: await this.#secretsOf(node),
    };
    await commitNewWorkspace(this.#deps, this.#actor, plan, contents, (tx) => memories.keepIn(tx));
    await memories.handOn();
    this.#made.push({ id: plan.state.id, name: plan.state.name, tier: plan.state.tier, action: 'created' });
  }

  /** Its own instead of the defaults; what everybody knows from the start is said by the first root. */
  #memoriesOf(node: OrgNode, isFirst: boolean): unknown[] {
    const { defaults, global_memories } = this.#template;
    const own = node.initial_memories?.length ? node.initial_memories : (defaults?.initial_memories ?? []);
    if (!isFirst) return own;
    const forAll = (global_memories ?? []).map((memory) =>
      typeof memory === 'object' && memory !== null ? { ...memory, scope: 'GLOBAL' } : memory,
    );
    return [...own, ...forAll];
  }

  /** What cannot be a secret is left out, and said. */
  async #secretsOf(node: OrgNode): Promise<Record<string, string>> {
    const values = Object.entries(await readSecretsOf(this.#root, node));
    const kept = values.filter(([name, value]) => {
      const problem = this.#deps.findSecretProblem(name, value);
      if (problem) this.#warnings.add(`a secret of "${node.name}" is left out: ${problem}`);
      return problem === null;
    });
    return Object.fromEntries(kept);
  }

  /** The base folder with the node's own settings merged into its config.yaml. */
  async #filesOf(
    node: OrgNode,
    state: { name: string; role: string | null; tier: number; runtime: string; model: string | null },
    isFirst: boolean,
  ): Promise<Record<string, string>> {
    const files = this.#root && node.files_dir ? await readTemplateFolder(this.#root, node.files_dir) : {};
    const base: unknown = files['config.yaml'] ? parse(files['config.yaml']) : {};
    const { defaults } = this.#template;
    const initialPrompt = await this.#prompt(node, 'initial_prompt');
    const idlePrompt = await this.#prompt(node, 'idle_prompt');
    files['config.yaml'] = stringify({
      ...(typeof base === 'object' && base !== null ? base : {}),
      name: state.name,
      description: state.role ?? '',
      version: '1.0.0',
      tier: state.tier,
      runtime: state.runtime,
      ...(state.model ? { model: state.model } : {}),
      ...(initialPrompt ? { initial_prompt: initialPrompt } : {}),
      ...(idlePrompt
        ? {
            idle_prompt: idlePrompt,
            idle_interval_seconds: node.idle_interval_seconds ?? defaults?.idle_interval_seconds ?? 600,
          }
        : {}),
      ...(isFirst && this.#template.molecule?.suggested_task
        ? { molecule: { suggested_task: this.#template.molecule.suggested_task } }
        : {}),
    });
    if (node.system_prompt) files['system-prompt.md'] = node.system_prompt;
    return files;
  }

  /** Inline wins over file, workspace wins over defaults. */
  async #prompt(node: OrgNode, field: 'initial_prompt' | 'idle_prompt'): Promise<string | null> {
    const defaults = this.#template.defaults ?? {};
    const own = node[field] ?? (await this.#textFile(node[`${field}_file`], node.files_dir ?? ''));
    return own ?? defaults[field] ?? (await this.#textFile(defaults[`${field}_file`], ''));
  }

  async #textFile(path: string | null | undefined, dir: string): Promise<string | null> {
    if (!path) return null;
    const file = this.#root && (await insideRoot(this.#root, dir === '' ? path : `${dir}/${path}`));
    if (!file)
      throw faults.invalidRequest('org template expansion failed', { details: `file "${path}" is missing` });
    return readFile(file, 'utf8');
  }

  #firstFreeX(): number {
    const roots = this.#deps.directory.childrenOf(null);
    return roots.length === 0 ? 0 : Math.max(...roots.map((root) => root.x)) + 640;
  }
}
