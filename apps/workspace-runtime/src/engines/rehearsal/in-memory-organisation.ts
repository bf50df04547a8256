// In-memory organisation (tests only): an org.yaml brought up as engines in one process, with tools that follow the
// chart, so that a demo organisation is proven without a server.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canCommunicate } from '@molecule/domain';
import { type Clock, systemClock } from '@molecule/kit';
import { parse } from 'yaml';
import { z } from 'zod';
import type { RuntimeConfig } from '../../config.ts';
import { parseConfigFile } from '../../load-config-file.ts';
import { delegationFailed, wrapPeerText } from '../../tools/delegation/peer-text.ts';
import type { Engine, EngineContext, EngineEvent, Tool, Turn } from '../engine.ts';
import { rehearsalEngine } from './rehearsal-engine.ts';

interface OrgNode {
  name: string;
  role: string;
  files_dir: string;
  children?: OrgNode[];
}

export interface Member {
  id: string;
  name: string;
  role: string;
  parentId: string | null;
  engine: Engine;
}

export interface Hop {
  from: string;
  to: string;
}

export interface OrganisationOptions {
  /** Null takes the pace of the scripts. */
  paceMs?: number | null;
  clock?: Clock;
  /** Members whose delegations fail, with the reason that the tool tells. */
  failing?: ReadonlyMap<string, string>;
  /** Members that never answer until they are aborted. */
  hanging?: ReadonlySet<string>;
}

export class InMemoryOrganisation {
  readonly members: Member[] = [];
  readonly hops: Hop[] = [];
  /** Names of the members whose turn was aborted. */
  readonly aborted: string[] = [];
  readonly #options: OrganisationOptions;

  private constructor(options: OrganisationOptions) {
    this.#options = options;
  }

  static async load(templateDir: string, options: OrganisationOptions = {}): Promise<InMemoryOrganisation> {
    const organisation = new InMemoryOrganisation(options);
    const source = parse(await readFile(join(templateDir, 'org.yaml'), 'utf8')) as { workspaces: OrgNode[] };
    for (const root of source.workspaces) await organisation.#add(root, null, templateDir);
    return organisation;
  }

  member(name: string): Member {
    const member = this.members.find((candidate) => candidate.name === name);
    if (!member) throw new Error(`there is no member ${name}`);
    return member;
  }

  run(name: string, text: string, signal = new AbortController().signal): AsyncIterable<EngineEvent> {
    const member = this.member(name);
    return member.engine.run(turnOf(text, signal, `task-${member.id}-${this.hops.length}`));
  }

  async #add(node: OrgNode, parentId: string | null, templateDir: string): Promise<void> {
    const id = `w${this.members.length + 1}`;
    const config = testConfig(join(templateDir, node.files_dir), {
      name: node.name,
      role: node.role,
      rehearsal: { pace_ms: this.#options.paceMs === undefined ? 0 : this.#options.paceMs },
    });
    const context = {
      config,
      tools: this.#toolsOf(id),
      clock: this.#options.clock ?? systemClock,
    } as unknown as EngineContext;
    const engine = await rehearsalEngine.create(context);
    this.members.push({ id, name: node.name, role: node.role, parentId, engine });
    for (const child of node.children ?? []) await this.#add(child, id, templateDir);
  }

  #toolsOf(selfId: string): ReadonlyMap<string, Tool> {
    const listPeers: Tool = {
      name: 'list_peers',
      description: '',
      input: z.object({}),
      run: async () =>
        this.members
          .filter((member) => member.id !== selfId && this.#mayTalk(selfId, member.id))
          .map((member) => `- ${member.name} (ID: ${member.id}, status: online, role: ${member.role})`)
          .join('\n'),
    };
    const delegateTask: Tool = {
      name: 'delegate_task',
      description: '',
      input: z.object({ workspace_id: z.string(), task: z.string() }),
      run: async (input, { signal }) => {
        const { workspace_id, task } = input as { workspace_id: string; task: string };
        return await this.#delegate(selfId, workspace_id, task, signal);
      },
    };
    return new Map([listPeers, delegateTask].map((tool) => [tool.name, tool]));
  }

  async #delegate(fromId: string, toId: string, task: string, signal: AbortSignal): Promise<string> {
    const [from, to] = [fromId, toId].map((id) => this.members.find((member) => member.id === id)!);
    if (!this.#mayTalk(fromId, toId)) return `Error: 403 ${from!.name} may not talk to ${to!.name}`;
    this.hops.push({ from: from!.name, to: to!.name });
    const failure = this.#options.failing?.get(to!.name);
    if (failure !== undefined) return delegationFailed(to!.name, failure);
    signal.addEventListener('abort', () => this.aborted.push(to!.name), { once: true });
    if (this.#options.hanging?.has(to!.name)) await systemClock.sleep(60_000, signal);
    try {
      return wrapPeerText(await textOf(this.run(to!.name, task, signal)));
    } catch (error) {
      signal.throwIfAborted();
      return delegationFailed(to!.name, (error as Error).message);
    }
  }

  #mayTalk(from: string, to: string): boolean {
    const parentOf = (id: string) => this.members.find((member) => member.id === id)?.parentId;
    return canCommunicate({ parentOf }, from, to);
  }
}

export function turnOf(text: string, signal = new AbortController().signal, taskId = 'task-1'): Turn {
  return {
    taskId,
    contextId: 'context-1',
    text,
    data: [],
    history: [],
    senderId: null,
    metadata: {},
    signal,
  };
}

export function testConfig(configDir: string, file: Record<string, unknown>): RuntimeConfig {
  const parsed = parseConfigFile(JSON.stringify(file), join(configDir, 'config.yaml'));
  return { configDir, file: parsed } as unknown as RuntimeConfig;
}

export async function eventsOf(events: AsyncIterable<EngineEvent>): Promise<EngineEvent[]> {
  const all: EngineEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

export async function textOf(events: AsyncIterable<EngineEvent>): Promise<string> {
  const all = await eventsOf(events);
  return all.map((event) => (event.type === 'text' ? event.delta : '')).join('');
}
