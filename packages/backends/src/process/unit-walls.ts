// Unit walls: what this machine really lets us put around a process unit: a user of its own, and limits of the kernel.
//
//   W1. Each wall is tried once, with the real programs and folders; only a wall that held is claimed.
//   W2. An agent behind the wall of users has no capability and gains none: not by a program that changes users either.

import { execFile } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Log } from '@molecule/kit';
import { type AgentUserOptions, AgentUsers } from './agent-users.ts';
import { type ControlGroups, findControlGroups } from './control-groups.ts';

const run = promisify(execFile);
export const SETPRIV = '/usr/bin/setpriv';
const KILL = '/bin/kill';
const TRIAL_MS = 10_000;
const CAN_READ = `for (const path of process.argv.slice(1)) require('node:fs').accessSync(path, path.endsWith('/.') ? 0 : 4);
process.exitCode = process.getuid() === 0 ? 1 : 0;`;

export interface UnitWalls {
  /** Null: agents run as the user of this server; `whyNoUsers` says why. */
  readonly users: AgentUsers | null;
  readonly whyNoUsers: string | null;
  readonly groups: ControlGroups;
}

export interface WallTrial {
  stateDir: string;
  /** Tells the groups of this server from those of another. */
  owner: string;
  /** Null: no user of its own for any agent. */
  users: AgentUserOptions | null;
  /** What an agent must be able to read. */
  programs: readonly string[];
}

export async function tryWalls(trial: WallTrial, log: Log): Promise<UnitWalls> {
  const groups = await findControlGroups(trial.owner, log);
  const whyNoUsers = await findObstacle(trial, log);
  const users = whyNoUsers === null && trial.users ? new AgentUsers(trial.users) : null;
  return { users, whyNoUsers, groups };
}

/** W2. What stands in front of a command that runs as this user. */
export function asUser(uid: number): string[] {
  return [
    SETPRIV,
    `--reuid=${uid}`,
    `--regid=${uid}`,
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
    '--no-new-privs',
    '--',
  ];
}

/** Ends everything that runs as this user, in one step: nothing can be started in between. */
export async function killUser(uid: number): Promise<void> {
  const [file = '', ...args] = asUser(uid);
  // It fails when there is nothing to end; who calls looks for what is left.
  await run(file, [...args, KILL, '-KILL', '--', '-1'], { timeout: TRIAL_MS }).catch(() => undefined);
}

async function findObstacle({ stateDir, users, programs }: WallTrial, log: Log): Promise<string | null> {
  if (users === null) return 'the operator switched it off';
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'this server does not run as root';
  try {
    await new AgentUsers(users).prepare();
    // Anybody may pass through, nobody may look around; each unit's own folder lets its agent alone in.
    await mkdir(stateDir, { recursive: true, mode: 0o711 });
    await chmod(stateDir, 0o711);
    const [file = '', ...args] = asUser(users.first);
    await run(file, [...args, process.execPath, '-e', CAN_READ, `${stateDir}/.`, ...programs], {
      timeout: TRIAL_MS,
      cwd: '/',
      env: {},
    });
    return null;
  } catch (error) {
    log.warn({ err: error }, 'agents get no users of their own on this machine');
    return 'another user cannot reach the folders of the agents or the workspace-runtime, or there is no setpriv';
  }
}
