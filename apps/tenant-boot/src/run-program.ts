// Run program: one program of this machine, to its end; its words go where ours go.

import { spawn } from 'node:child_process';

/** Throws when it cannot be started or ends with anything but 0. Only for arguments that are not secret. */
export function runProgram(name: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${name} ended with ${code ?? signal}`));
    });
  });
}
