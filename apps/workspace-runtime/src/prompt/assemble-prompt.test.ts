// Assemble prompt: from real files and a server on a real socket.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPlatform } from '../connect/platform.ts';
import { TokenStore } from '../connect/token-store.ts';
import { configFileSchema } from '../load-config-file.ts';
import { type FakeServer, SELF_ID, startFakeServer } from '../testing/fake-server.ts';
import { silentLog } from '../testing/start-agent.ts';
import { assemblePrompt } from './assemble-prompt.ts';

let server: FakeServer;
let root: string;
let configDir: string;
beforeEach(async () => {
  server = await startFakeServer();
  root = await mkdtemp(join(tmpdir(), 'prompt-'));
  configDir = join(root, 'configs');
  await mkdir(configDir);
});
afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

function assemble(config: Record<string, unknown> = {}): Promise<string> {
  const file = configFileSchema.parse({ name: 'Editor', role: 'leads the desk', ...config });
  const tokens = new TokenStore(configDir, null);
  const platform = createPlatform({
    baseUrl: server.url,
    workspaceId: SELF_ID,
    tokens,
    maxReplyBytes: 1_000,
  });
  return assemblePrompt({ configDir, file, platform, log: silentLog });
}

describe('assemblePrompt', () => {
  it('puts files, place, team, peers and failure rules in order', async () => {
    await writeFile(join(configDir, 'system-prompt.md'), 'You edit.');
    await writeFile(join(configDir, 'MEMORY.md'), 'Remember the style guide.');
    const prompt = await assemble();
    const order = [
      'You edit.',
      'Remember the style',
      '"Editor"',
      '### Your Team',
      '## Your Peers',
      '## Handling delegation failures',
    ];
    const places = order.map((text) => prompt.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBe(0);
    expect(prompt).toContain('**Finder**');
    expect(prompt).toContain('Skills: search, count.');
  });

  it('names no team to one who leads none, and lives without peers', async () => {
    server.answer(() => ({ body: [] }));
    expect(await assemble()).not.toContain('Your Team');
    server.answer(() => ({ status: 500, body: { error: 'broken' } }));
    expect(await assemble()).toContain('## Handling delegation failures');
  });

  it('reads the listed files in their order', async () => {
    await writeFile(join(configDir, 'a.md'), 'AAA');
    await writeFile(join(configDir, 'b.md'), 'BBB');
    const prompt = await assemble({ prompt_files: ['b.md', 'missing.md', 'a.md'] });
    expect(prompt.indexOf('BBB')).toBeLessThan(prompt.indexOf('AAA'));
    expect(prompt).toContain('AAA');
  });

  it('reads nothing outside of its folder, also not through a link', async () => {
    await writeFile(join(root, 'secret.md'), 'TOP SECRET');
    await symlink(join(root, 'secret.md'), join(configDir, 'link.md'));
    const prompt = await assemble({
      prompt_files: ['../secret.md', join(root, 'secret.md'), 'link.md', '.'],
    });
    expect(prompt).not.toContain('TOP SECRET');
  });
});
