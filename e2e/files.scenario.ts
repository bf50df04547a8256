// Files: the config tree is read and written with or without a running unit, live folders need one, attachments go in and
// come out byte for byte.

import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

let tenant: ScenarioTenant;
let id: string;
let folder: string;

const admin = () => ({ authorization: `Bearer ${tenant.adminToken}` });
const files = (path = '') => `/workspaces/${id}/files${path}`;

async function ask(path: string, method = 'GET', body?: unknown) {
  const answer = await tenant.call(path, { method, headers: admin(), body });
  return { status: answer.status, body: JSON.parse(answer.text) };
}

async function addWorkspace(body: Record<string, unknown> = {}): Promise<string> {
  const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
    method: 'POST',
    body: { name: 'Filer', runtime: 'rehearsal', role: 'keeps files', ...body },
  });
  await untilStatus(made.id, 'online');
  return made.id;
}

const untilStatus = (workspaceId: string, status: string) =>
  until(
    `the workspace is ${status}`,
    async () => (await tenant.asAdmin(`/workspaces/${workspaceId}`)).status === status,
    60_000,
  );

beforeAll(async () => {
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
  id = await addWorkspace();
  folder = join(tenant.dataDir, 'workspaces', `ws-${id}`);
});
afterAll(() => tenant?.stop());

describe('the files API', () => {
  it('reads the config.yaml that the workspace was made with', async () => {
    const { status, body } = await ask(files('/config.yaml'));
    expect([status, body.path]).toEqual([200, 'config.yaml']);
    expect(body.content).toMatch(/^runtime: rehearsal$/m);
    expect(body.size).toBe(Buffer.byteLength(body.content));
  });

  it('gives back exactly what was written, and hands it to the unit', async () => {
    const content = ' \r\nümlaut 漢字 \u2028 no newline at the end';
    expect(await ask(files('/notes/a b/ü.txt'), 'PUT', { content })).toEqual({
      status: 200,
      body: expect.objectContaining({ status: 'saved', path: 'notes/a b/ü.txt', restart_required: true }),
    });
    expect((await ask(files('/notes/a b/ü.txt'))).body.content).toBe(content);
    expect(await readFile(join(folder, 'configs', 'notes/a b/ü.txt'), 'utf8')).toBe(content);
    expect((await ask(files('/empty.md'), 'PUT', { content: '' })).status).toBe(200);
    expect((await ask(files('/empty.md'))).body).toEqual({ path: 'empty.md', content: '', size: 0 });
  });

  it('lists as deep as asked, relative to the listed folder', async () => {
    await ask(files(), 'PUT', { files: { 'tree/a.md': 'aa', 'tree/b/c/d.md': 'dddd' } });
    expect((await ask(files('?path=tree'))).body).toEqual([
      { path: 'a.md', size: 2, dir: false },
      { path: 'b', size: 0, dir: true },
    ]);
    expect((await ask(files('?path=tree&depth=5&root=/configs'))).body).toContainEqual({
      path: 'b/c/d.md',
      size: 4,
      dir: false,
    });
  });

  it('replaces many files at once and leaves the others', async () => {
    const answer = await ask(files(), 'PUT', { files: { 'one.md': '1', 'two/two.md': '2' } });
    expect(answer).toEqual({
      status: 200,
      body: expect.objectContaining({ status: 'replaced', workspace: id, files: 2, source: 'container' }),
    });
    expect((await ask(files('/empty.md'))).status).toBe(200);
    expect(await readFile(join(folder, 'configs', 'one.md'), 'utf8')).toBe('1');
  });

  it('deletes a file and a folder, here and in the unit', async () => {
    await ask(files(), 'PUT', { files: { 'gone/a.md': 'a', 'gone/b.md': 'b', 'gone.md': 'c' } });
    expect(await ask(files('/gone.md'), 'DELETE')).toEqual({
      status: 200,
      body: expect.objectContaining({ status: 'deleted', path: 'gone.md' }),
    });
    expect((await ask(files('/gone'), 'DELETE')).status).toBe(200);
    expect((await ask(files('/gone/a.md'))).body.error).toBe('file not found');
    expect(await readdir(join(folder, 'configs'))).not.toContain('gone');
    expect((await ask(files('/gone'), 'DELETE')).body.error).toBe('file not found');
  });

  it('reaches the live folders of the unit, and says so when it is paused', async () => {
    for (const root of ['/workspace', '/home']) {
      const at = (path: string) => files(`${path}?root=${root}`);
      expect((await ask(at('/out/report.md'), 'PUT', { content: 'done' })).status).toBe(200);
      expect((await ask(at('/out/report.md'))).body.content).toBe('done');
      expect((await ask(files(`?root=${root}&path=out`))).body).toEqual([
        { path: 'report.md', size: 4, dir: false },
      ]);
    }
    const other = await addWorkspace({ name: 'Paused' });
    await ask(`/workspaces/${other}/pause`, 'POST');
    const paused = await ask(`/workspaces/${other}/files?root=/workspace`);
    expect([paused.status, paused.body.code]).toEqual([409, 'not_running']);
    const written = await ask(`/workspaces/${other}/files`, 'PUT', { files: { 'later.md': 'later' } });
    expect(written.body).toMatchObject({ source: 'volume', restart_required: false });
    await ask(`/workspaces/${other}/resume`, 'POST');
    await untilStatus(other, 'online');
    const configs = join(tenant.dataDir, 'workspaces', `ws-${other}`, 'configs');
    expect(await readFile(join(configs, 'later.md'), 'utf8')).toBe('later');
  });

  it('keeps plugins below /configs', async () => {
    expect((await ask(files('/greet/SKILL.md?root=/plugins'), 'PUT', { content: '# Greet' })).status).toBe(
      200,
    );
    expect((await ask(files('/plugins/greet/SKILL.md'))).body.content).toBe('# Greet');
    expect(
      (await ask(files('?root=/plugins&depth=2'))).body.map((each: { path: string }) => each.path),
    ).toEqual(['greet', 'greet/SKILL.md']);
  });

  it('changes the engine with the runtime of a saved config.yaml', async () => {
    const other = await addWorkspace({ name: 'Changes' });
    const path = `/workspaces/${other}/files/config.yaml`;
    const { content } = (await ask(path)).body;
    await ask(path, 'PUT', { content: content.replace('runtime: rehearsal', 'runtime: model') });
    expect((await ask(`/workspaces/${other}`)).body.runtime).toBe('model');
    await ask(path, 'PUT', { content: 'runtime: [broken' });
    expect((await ask(`/workspaces/${other}`)).body.runtime).toBe('model');
  });

  it.each([
    ['an unknown root', '?root=/etc', 400, 'root must be one of: /configs, /workspace, /home, /plugins'],
    ['a depth of 0', '?depth=0', 400, 'depth must be 1-5'],
    ['a depth of 6', '?depth=6', 400, 'depth must be 1-5'],
    ['a list outside', '?path=../x', 400, 'invalid path'],
    ['a missing file', '/nothing.md', 404, 'file not found'],
    ['a folder read as a file', '/tree', 400, 'path is not a regular file'],
  ])('refuses %s', async (_what, path, status, error) => {
    await ask(files(), 'PUT', { files: { 'tree/a.md': 'aa' } });
    const answer = await ask(files(path));
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });

  it.each([
    ['no content', '/a.md', {}, 'invalid request body'],
    ['a number', '/a.md', { content: 1 }, 'invalid request body'],
    ['no files', '', {}, 'invalid request body'],
    ['a bad path among good ones', '', { files: { 'good.md': '', '../bad.md': '' } }, 'invalid request body'],
    ['201 files', '', { files: many(201) }, 'too many files (201), max 200'],
  ])('refuses to write %s, and writes nothing', async (_what, path, body, error) => {
    const answer = await ask(files(path), 'PUT', body);
    expect([answer.status, answer.body.error]).toEqual([400, error]);
    expect((await ask(files('/good.md'))).status).toBe(404);
  });

  it('keeps its limits on both sides of each edge', async () => {
    const other = await addWorkspace({ name: 'Limits' });
    const at = `/workspaces/${other}/files`;
    expect((await ask(at, 'PUT', { files: many(200) })).status).toBe(200);
    const big = 'x'.repeat(LIMITS.fileWriteBytes);
    expect((await ask(`${at}/big.txt`, 'PUT', { content: big })).status).toBe(200);
    expect((await ask(`${at}/big.txt`, 'PUT', { content: `${big}x` })).status).toBe(413);
    expect((await ask(`${at}/big.txt`)).status).toBe(413);
    expect((await ask(`${at}/next.txt`, 'PUT', { content: big })).status).toBe(413);
    expect((await ask(`${at}/next.txt`)).status).toBe(404);
    const readable = 'y'.repeat(LIMITS.fileReadBytes);
    expect((await ask(`${at}/next.txt`, 'PUT', { content: readable })).status).toBe(200);
    expect((await ask(`${at}/next.txt`)).body.size).toBe(LIMITS.fileReadBytes);
  });

  it('takes a path of the longest length and no longer one', async () => {
    const path = (bytes: number) => `/${`${'d'.repeat(99)}/`.repeat(10)}${'f'.repeat(bytes - 1_000)}`;
    expect((await ask(files(encodeURI(path(LIMITS.filePathBytes))), 'GET')).body.error).toBe(
      'file not found',
    );
    const over = await ask(files(encodeURI(path(LIMITS.filePathBytes + 1))), 'GET');
    expect([over.status, over.body.error]).toEqual([400, 'invalid path']);
  });

  it('answers 404 and 501 where there is nothing to reach', async () => {
    const unknown = await ask(`/workspaces/${crypto.randomUUID()}/files`);
    expect([unknown.status, unknown.body.error]).toEqual([404, 'workspace not found']);
    const external = await addExternalAgent(tenant, 'elsewhere');
    const answer = await ask(`/workspaces/${external.id}/files`);
    expect([answer.status, answer.body.code]).toEqual([501, 'unsupported_on_backend']);
  });
});

describe('shared context', () => {
  it('is what the config.yaml names, for the workspace and its direct reports', async () => {
    await tenant.asAdmin(`/workspaces/${id}/files`, {
      method: 'PUT',
      body: {
        files: {
          'config.yaml': 'name: Filer\nruntime: rehearsal\nshared_context: [how.md, missing.md, ../x, 7]\n',
          'how.md': 'We are kind.',
        },
      },
    });
    const child = await addExternalAgent(tenant, 'child', id);
    const grandchild = await addExternalAgent(tenant, 'grandchild', child.id);
    const read = (token: string) =>
      tenant.call(`/workspaces/${id}/shared-context`, { headers: { authorization: `Bearer ${token}` } });
    expect(JSON.parse((await read(child.token)).text)).toEqual([{ path: 'how.md', content: 'We are kind.' }]);
    expect((await read(grandchild.token)).status).toBe(401);
    expect((await ask(`/workspaces/${child.id}/shared-context`)).body).toEqual([]);
  });
});

describe('chat attachments', () => {
  const upload = (workspaceId: string, form: FormData) =>
    fetch(`${tenant.url}/workspaces/${workspaceId}/chat/uploads`, {
      method: 'POST',
      headers: admin(),
      body: form,
    });
  const formOf = (...parts: [string, string, Uint8Array<ArrayBuffer>, string?][]) => {
    const form = new FormData();
    for (const [field, name, bytes, type] of parts)
      form.append(field, new Blob([bytes], { type: type ?? '' }), name);
    return form;
  };
  const download = (workspaceId: string, path: string) =>
    fetch(`${tenant.url}/workspaces/${workspaceId}/chat/download?path=${encodeURIComponent(path)}`, {
      headers: admin(),
    });

  it.each(['hosted', 'external'])(
    verifies(
      'core.1.2-own-value',
      'of a %s workspace go in and come out byte for byte, in order, with a policy of their own',
    ),
    async (kind) => {
      const target = kind === 'hosted' ? id : (await addExternalAgent(tenant, 'away')).id;
      const bytes = new Uint8Array(randomBytes(100_000));
      const answer = await upload(
        target,
        formOf(
          ['files', 'résumé (1).pdf', bytes, 'application/pdf'],
          ['other', 'left out', bytes],
          ['files', '../../evil name', new Uint8Array([7])],
        ),
      );
      expect(answer.status).toBe(200);
      const { files: stored } = (await answer.json()) as {
        files: { uri: string; name: string; mimeType: string; size: number }[];
      };
      expect(stored.map(({ name, size }) => [name, size])).toEqual([
        ['résumé__1_.pdf', 100_000],
        ['evil_name', 1],
      ]);
      expect(stored[0]?.mimeType).toBe('application/pdf');
      expect(stored[0]?.uri).toMatch(
        /^workspace:\/workspace\/\.molecule\/chat-uploads\/[0-9a-f]{32}-résumé__1_\.pdf$/,
      );
      const back = await download(target, stored[0]?.uri.slice('workspace:'.length) ?? '');
      expect(new Uint8Array(await back.arrayBuffer())).toEqual(bytes);
      expect(back.headers.get('content-length')).toBe('100000');
      expect(back.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
      expect(back.headers.get('x-content-type-options')).toBe('nosniff');
      expect(back.headers.get('content-type')).toBe('application/pdf');
      expect(back.headers.get('content-disposition')).toMatch(
        /^attachment; filename="[0-9a-f]{32}-r_sum___1_.pdf"; filename\*=UTF-8''[0-9a-f]{32}-r%C3%A9sum%C3%A9__1_\.pdf$/,
      );
    },
  );

  it('keep their limits', async () => {
    const most = new Uint8Array(LIMITS.uploadFileBytes);
    expect((await upload(id, formOf(['files', 'most.bin', most]))).status).toBe(200);
    const over = await upload(id, formOf(['files', 'over.bin', new Uint8Array(LIMITS.uploadFileBytes + 1)]));
    expect([over.status, ((await over.json()) as { error: string }).error]).toEqual([
      413,
      'over.bin exceeds per-file limit (25 MB)',
    ]);
    const tooMuch = await upload(
      id,
      formOf(['files', 'a', most], ['files', 'b', most], ['files', 'c', new Uint8Array(1)]),
    );
    expect([tooMuch.status, ((await tooMuch.json()) as { error: string }).error]).toEqual([
      400,
      'failed to parse multipart form',
    ]);
  });

  it('are taken up to their number, and not one more', async () => {
    const many = (count: number) =>
      formOf(
        ...Array.from({ length: count }, (_, i): [string, string, Uint8Array<ArrayBuffer>] => [
          'files',
          `f${i}`,
          new Uint8Array(1),
        ]),
      );
    expect((await upload(id, many(LIMITS.uploadFiles))).status).toBe(200);
    expect((await upload(id, many(LIMITS.uploadFiles + 1))).status).toBe(400);
  });

  it('are refused without a file, and as anything but a form', async () => {
    const none = await upload(id, formOf(['other', 'x', new Uint8Array(1)]));
    expect([none.status, ((await none.json()) as { error: string }).error]).toEqual([
      400,
      "expected at least one 'files' field",
    ]);
    const json = await tenant.call(`/workspaces/${id}/chat/uploads`, {
      method: 'POST',
      headers: admin(),
      body: { files: [] },
    });
    expect([json.status, JSON.parse(json.text).error]).toEqual([400, 'failed to parse multipart form']);
    const boundless = await tenant.call(`/workspaces/${id}/chat/uploads`, {
      method: 'POST',
      headers: { ...admin(), 'content-type': 'multipart/form-data' },
      body: '',
    });
    expect([boundless.status, JSON.parse(boundless.text).error]).toEqual([
      400,
      'failed to parse multipart form',
    ]);
  });

  it.each([
    ['', 400, 'path query required'],
    ['relative', 400, 'path must be absolute'],
    ['/etc/passwd', 400, 'path must be under /configs, /workspace, /home, or /plugins'],
    ['/workspace/../etc/passwd', 400, 'invalid path'],
    ['/workspace//x', 400, 'invalid path'],
    ['/workspace', 400, 'path is not a regular file'],
    ['/workspace/nothing', 404, 'file not found'],
  ])('refuse to download %j', async (path, status, error) => {
    const answer = await download(id, path);
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([status, error]);
  });

  it('need a unit that runs', async () => {
    const other = await addWorkspace({ name: 'Asleep' });
    await ask(`/workspaces/${other}/pause`, 'POST');
    for (const answer of [
      await upload(other, formOf(['files', 'x', new Uint8Array(1)])),
      await download(other, '/workspace/x'),
    ]) {
      expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
        503,
        'workspace container not running',
      ]);
    }
  });
});

function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`many/f${i}.md`, 'x']));
}
