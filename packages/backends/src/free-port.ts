// Free port: one that the system hands out on loopback, and that no other unit of ours was given meanwhile.

import { createServer } from 'node:net';

const TRIES = 20;

export async function freePort(isTaken: (port: number) => boolean): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = await askSystem();
    if (!isTaken(port)) return port;
  }
  throw new Error('the system hands out no free port');
}

function askSystem(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
