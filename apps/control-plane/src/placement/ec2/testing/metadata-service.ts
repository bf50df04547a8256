// Metadata service: what a machine of the stand-in cloud asks who it is (IMDSv2), on an address that only machines use.

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Like the real one, link-local; another number, so that a machine of a real cloud can run the tests. */
const ADDRESS = '169.254.77.77';
const ROLE = 'tenant';

export interface MetadataService {
  url: string;
  close(): Promise<void>;
}

export interface KnownMachine {
  userData: string;
  accessKeyId: string;
}

export async function startMetadataService(
  machineAt: (address: string) => KnownMachine | null,
): Promise<MetadataService> {
  const tokens = new Set<string>();
  const isOurs = addAddress();
  const server = createServer((request, response) => {
    const machine = machineAt(request.socket.remoteAddress?.replace('::ffff:', '') ?? '');
    answer(request, response, machine, tokens);
  });
  await new Promise<void>((resolve) => server.listen(0, ADDRESS, resolve));
  return {
    url: `http://${ADDRESS}:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (isOurs) execFileSync('ip', ['address', 'del', `${ADDRESS}/32`, 'dev', 'lo']);
    },
  };
}

/** False when it was there already. */
function addAddress(): boolean {
  if (execFileSync('ip', ['-o', 'address', 'show', 'dev', 'lo'], { encoding: 'utf8' }).includes(ADDRESS))
    return false;
  execFileSync('ip', ['address', 'add', `${ADDRESS}/32`, 'dev', 'lo']);
  return true;
}

function answer(
  { method, url = '', headers }: IncomingMessage,
  response: ServerResponse,
  machine: KnownMachine | null,
  tokens: Set<string>,
): void {
  const end = (status: number, text = '') => response.writeHead(status).end(text);
  if (!machine) return void end(404);
  if (method === 'PUT' && url === '/latest/api/token') {
    if (!headers['x-aws-ec2-metadata-token-ttl-seconds']) return void end(400);
    const token = randomUUID();
    tokens.add(token);
    return void end(200, token);
  }
  if (!tokens.has(String(headers['x-aws-ec2-metadata-token']))) return void end(401);
  if (url === '/latest/user-data') return void end(200, machine.userData);
  if (url === '/latest/meta-data/iam/security-credentials/') return void end(200, ROLE);
  if (url !== `/latest/meta-data/iam/security-credentials/${ROLE}`) return void end(404);
  const identity = {
    Code: 'Success',
    Type: 'AWS-HMAC',
    LastUpdated: new Date().toISOString(),
    Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
    AccessKeyId: machine.accessKeyId,
    SecretAccessKey: 'of-a-machine',
    Token: 'of-a-machine',
  };
  end(200, JSON.stringify(identity));
}
