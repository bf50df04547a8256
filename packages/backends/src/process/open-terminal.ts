// Open terminal: a shell on a pseudo terminal, in the folder of a process unit.

import { randomUUID } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { faults } from '@molecule/domain';
import type { TerminalSession } from '../backend.ts';
import { endProcesses } from './end-processes.ts';
import { findByEnvironment } from './process-table.ts';

const END_GRACE_MS = 1_000;
const SHELLS = ['/bin/bash', '/bin/sh'];

export interface TerminalOptions {
  folder: string;
  columns: number;
  rows: number;
  env: Record<string, string>;
  /** What stands in front of the shell; empty: nothing. */
  prefix: readonly string[];
  /** What the shell started could not be ended. */
  onLeftOver(error: unknown): void;
}

/** Whatever the shell started, in the background too, ends after it: it carries the mark of this terminal. */
export async function openTerminal(options: TerminalOptions): Promise<TerminalSession> {
  const { folder, columns, rows, onLeftOver } = options;
  const mark = randomUUID();
  // Loaded when somebody asks for it: the native part exists for the common platforms only.
  const { spawn } = await import('@lydell/node-pty').catch((error: unknown) => {
    throw faults.unsupportedOnBackend('terminal', 'process', 'this platform has no pseudo terminals', error);
  });
  const shell = await findShell();
  const [file = shell, ...args] = [...options.prefix, shell];
  const pty = spawn(file, args, {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd: folder,
    env: { ...options.env, MOLECULE_TERMINAL: mark },
    encoding: null,
  });
  let isOver = false;
  pty.onExit(() => {
    isOver = true;
    endProcesses(() => findByEnvironment(`MOLECULE_TERMINAL=${mark}`), END_GRACE_MS).catch(onLeftOver);
  });
  return {
    // With `encoding: null` the data are bytes, whatever the type says.
    onOutput: (listener) => pty.onData((data) => listener(Buffer.from(data))),
    onExit: (listener) => pty.onExit(() => listener()),
    write: (bytes) => {
      if (!isOver) pty.write(Buffer.from(bytes).toString('utf8'));
    },
    resize: (nextColumns, nextRows) => {
      if (!isOver) pty.resize(nextColumns, nextRows);
    },
    close: () => {
      // An interactive shell passes this on to what it started.
      if (!isOver) pty.kill('SIGHUP');
    },
  };
}

async function findShell(): Promise<string> {
  for (const shell of SHELLS) {
    try {
      await access(shell, constants.X_OK);
      return shell;
    } catch {
      // The next one.
    }
  }
  throw faults.unsupportedOnBackend('terminal', 'process', 'this machine has no shell');
}
