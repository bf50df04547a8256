// Moto: an emulator of AWS services that nobody here wrote (getmoto.org), started for a test and ended with it.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const START_LIMIT_MS = 30_000;

export interface Moto {
  url: string;
  stop(): Promise<void>;
}

/** MOLECULE_TEST_MOTO names the program `moto_server`. It takes any credentials. */
export async function startMoto(): Promise<Moto> {
  const program = process.env.MOLECULE_TEST_MOTO;
  if (!program) throw new Error('MOLECULE_TEST_MOTO names no moto_server; ask first');
  const port = await freePort();
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { PATH: process.env.PATH },
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const endAt = Date.now() + START_LIMIT_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > endAt) {
      await stop();
      throw new Error('moto_server did not come up');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/moto-api/data.json`)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
