// Open terminal: a shell on a pseudo terminal inside a running container, as the user who runs its agent.

import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { faults } from '@molecule/domain';
import type { ContainerInspectInfo } from 'dockerode';
import type { TerminalSession } from '../backend.ts';
import { variableOf } from './containers.ts';
import { cancelled, type Engine, statusOf } from './engine.ts';
import { runUnitProgram } from './unit-program.ts';

const SHELL = ['/bin/sh', '-c', 'command -v bash >/dev/null && exec bash || exec sh'];
/** What a person's shell sees of the agent's variables: none of its secrets. */
const SHOWN = ['PATH', 'LANG', 'HOME', 'WORKSPACE_ID', 'WORKSPACE_DIR', 'CONFIGS_DIR'];

export interface TerminalOptions {
  columns: number;
  rows: number;
  /** What the shell started could not be ended. */
  onLeftOver(error: unknown): void;
}

/** Whatever the shell started, in the background too, ends with it: it carries the mark of this terminal. */
export async function openTerminal(
  engine: Engine,
  container: ContainerInspectInfo,
  { columns, rows, onLeftOver }: TerminalOptions,
): Promise<TerminalSession> {
  const mark = randomUUID();
  const { socket, execId } = await startShell(engine, container, mark);
  const resize = (w: number, h: number) =>
    engine.settle(
      (docker, abortSignal) => docker.getExec(execId).resize(cancelled(abortSignal, { w, h })),
      // The shell ended meanwhile, or has not begun.
      [400, 404, 409, 500],
    );
  let isOver = false;
  socket.on('error', onLeftOver);
  socket.on('close', () => {
    isOver = true;
    runUnitProgram(engine, container.Id, ['hangup', mark])
      .then(({ rest }) => rest.destroy())
      .catch(onLeftOver);
  });
  await resize(columns, rows);
  return {
    onOutput: (listener) => void socket.on('data', (bytes: Buffer) => listener(bytes)),
    onExit: (listener) => void socket.on('close', listener),
    write: (bytes) => {
      if (!isOver) socket.write(bytes);
    },
    resize: (nextColumns, nextRows) => {
      if (!isOver) resize(nextColumns, nextRows).catch(onLeftOver);
    },
    close: () => void socket.destroy(),
  };
}

async function startShell(
  engine: Engine,
  container: ContainerInspectInfo,
  mark: string,
): Promise<{ socket: Duplex; execId: string }> {
  const shown = SHOWN.map((name) => `${name}=${variableOf(container, name) ?? ''}`);
  const env = [...shown, 'TERM=xterm-256color', `MOLECULE_TERMINAL=${mark}`];
  try {
    return await engine.act(async (docker, abortSignal) => {
      const exec = await docker.getContainer(container.Id).exec(
        cancelled(abortSignal, {
          Cmd: ['/usr/bin/env', '-i', ...env, ...SHELL],
          Tty: true,
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
        }),
      );
      const socket = await exec.start(cancelled(abortSignal, { hijack: true, stdin: true, Tty: true }));
      return { socket, execId: exec.id };
    });
  } catch (error) {
    if ([404, 409].includes(statusOf(error) ?? 0)) throw faults.notRunning();
    throw error;
  }
}
