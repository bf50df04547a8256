// Spawn unit: starts the agent as the leader of its own process group, with its log as its output.

import { spawn } from 'node:child_process';
import { access, constants, open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { faults, type Tier } from '@molecule/domain';
import type { UnitExit } from '../backend.ts';
import { type ProcessRef, startTimeOf } from './process-table.ts';
import { type CommandWalls, limitedCommand } from './unit-command.ts';

export interface UnitLaunch {
  command: readonly string[];
  tier: Tier;
  walls: CommandWalls;
  folder: string;
  env: Record<string, string>;
  logFile: string;
}

export interface LaunchedUnit extends ProcessRef {
  /** Resolves when the process ends. */
  ended: Promise<UnitExit>;
}

export async function spawnUnit(launch: UnitLaunch): Promise<LaunchedUnit> {
  if (launch.command.length === 0) throw new Error('the command of the workspace-runtime is empty');
  await requireProgram(launch.command[0] ?? '');
  const [file = '', ...args] = limitedCommand(launch.command, launch.tier, launch.walls);
  const log = await open(launch.logFile, 'a', 0o600);
  try {
    const child = spawn(file, args, {
      cwd: launch.folder,
      env: launch.env,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    const ended = new Promise<UnitExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(faults.backendTransient('the agent could not be started', error)),
      );
    });
    child.unref();
    const pid = child.pid as number;
    const startTime = await startTimeOf(pid);
    if (startTime === null) {
      throw faults.backendTransient('the agent ended right after its start; its log says why');
    }
    return { pid, startTime, ended };
  } finally {
    await log.close();
  }
}

/** A wrapper in front of the command would start, and hide that the command itself is missing. */
async function requireProgram(file: string): Promise<void> {
  if (!isAbsolute(file)) return;
  try {
    await access(file, constants.X_OK);
  } catch (error) {
    throw faults.backendTransient('the agent could not be started', error);
  }
}
