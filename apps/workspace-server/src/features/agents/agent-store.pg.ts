// Agent store on Postgres. Invariants: agent-store.ts. Every change locks the rows of its workspaces first, in the order
// of their ids, so that reading and writing are one step and two moves never wait for each other in a circle.

import { randomUUID } from 'node:crypto';
import { faults } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { AppendIn } from '../events/index.ts';
import type { Agent, AgentStore } from './agent-store.ts';

export class PgAgentStore implements AgentStore {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #appendEvent: AppendIn<Tx>;

  constructor(db: Db, clock: Clock, appendEvent: AppendIn<Tx>) {
    this.#db = db;
    this.#clock = clock;
    this.#appendEvent = appendEvent;
  }

  assign(workspaceId: string, model: string, actor: string): Promise<Agent> {
    return this.#db.tx(async (tx) => {
      await lockLive(tx, workspaceId);
      if (await findActive(tx, workspaceId)) {
        throw faults.conflict('workspace already has an active agent, use PATCH to replace');
      }
      const agent = await this.#insert(tx, workspaceId, model);
      await this.#tell(tx, 'AGENT_ASSIGNED', workspaceId, actor, { agent_id: agent.id, model });
      return agent;
    });
  }

  replace(workspaceId: string, model: string, actor: string): Promise<{ agent: Agent; old: Agent }> {
    return this.#db.tx(async (tx) => {
      await lockLive(tx, workspaceId);
      const old = await findActive(tx, workspaceId);
      if (!old) throw faults.notFound('no active agent to replace');
      await this.#end(tx, old.id, 'replaced');
      const agent = await this.#insert(tx, workspaceId, model);
      await this.#tell(tx, 'AGENT_REPLACED', workspaceId, actor, {
        agent_id: agent.id,
        model,
        old_model: old.model,
      });
      return { agent, old };
    });
  }

  remove(workspaceId: string, actor: string): Promise<Agent> {
    return this.#db.tx(async (tx) => {
      await lockLive(tx, workspaceId);
      const agent = await findActive(tx, workspaceId);
      if (!agent) throw faults.notFound('no active agent to remove');
      await this.#end(tx, agent.id, 'removed');
      await this.#tell(tx, 'AGENT_REMOVED', workspaceId, actor, { agent_id: agent.id, model: agent.model });
      return agent;
    });
  }

  move(sourceId: string, targetId: string, actor: string): Promise<Agent> {
    return this.#db.tx(async (tx) => {
      const live = await lock(tx, [sourceId, targetId]);
      if (!live.has(sourceId)) throw faults.workspaceNotFound();
      if (!live.has(targetId)) throw faults.workspaceNotFound('target workspace not found');
      const agent = await findActive(tx, sourceId);
      if (!agent) throw faults.notFound('no active agent in source workspace');
      if (await findActive(tx, targetId)) {
        throw faults.conflict('target workspace already has an active agent');
      }
      await tx.query('update agents set workspace_id = $2 where id = $1', [agent.id, targetId]);
      const told = { agent_id: agent.id, model: agent.model };
      await this.#tell(tx, 'AGENT_MOVED', sourceId, actor, { ...told, target_workspace_id: targetId });
      await this.#tell(tx, 'AGENT_MOVED', targetId, actor, { ...told, source_workspace_id: sourceId });
      return { ...agent, workspaceId: targetId };
    });
  }

  async #insert(tx: Tx, workspaceId: string, model: string): Promise<Agent> {
    const agent = { id: randomUUID(), workspaceId, model };
    await tx.query(
      `insert into agents (id, workspace_id, model, status, created_at) values ($1, $2, $3, 'active', $4)`,
      [agent.id, workspaceId, model, new Date(this.#clock.now())],
    );
    return agent;
  }

  async #end(tx: Tx, id: string, status: 'replaced' | 'removed'): Promise<void> {
    await tx.query('update agents set status = $2, ended_at = $3 where id = $1', [
      id,
      status,
      new Date(this.#clock.now()),
    ]);
  }

  #tell(
    tx: Tx,
    type: 'AGENT_ASSIGNED' | 'AGENT_REPLACED' | 'AGENT_REMOVED' | 'AGENT_MOVED',
    workspaceId: string,
    actor: string,
    payload: Record<string, unknown>,
  ): Promise<void> {
    return this.#appendEvent(tx, { workspaceId, type, payload, actor });
  }
}

/** Locks rows of workspaces and returns the ids of those that are not removed (A3). */
async function lock(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ id: string; status: string }>(
    'select id, status from workspaces where id = any($1) order by id for update',
    [ids],
  );
  return new Set(rows.filter(({ status }) => status !== 'removed').map(({ id }) => id));
}

async function lockLive(tx: Tx, id: string): Promise<void> {
  const live = await lock(tx, [id]);
  if (!live.has(id)) throw faults.workspaceNotFound();
}

async function findActive(tx: Tx, workspaceId: string): Promise<Agent | null> {
  const [row] = await tx.query<{ id: string; model: string }>(
    `select id, model from agents where workspace_id = $1 and status = 'active'`,
    [workspaceId],
  );
  return row ? { id: row.id, workspaceId, model: row.model } : null;
}
