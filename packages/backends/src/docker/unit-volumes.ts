// Unit volumes: what a workspace keeps beyond its container, and the files in it that the tenant writes and reads.
//
//   V1. Works whether the unit runs, has ended or was never made: where no container mounts the volumes, a helper that is
//       made and never started does.
//   V2. A link that the agent left is not followed when a file is read.
//   V3. A file that an earlier start wrote and this one does not know is gone; what the agent itself wrote stays.

import type { Readable } from 'node:stream';
import { faults, LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import type { Container } from 'dockerode';
import { extract } from 'tar-stream';
import { type CarriedFolder, type FileOwner, type FolderArchive, ownArchive } from '../folder-archive.ts';
import { pathParts } from '../unit-file.ts';
import { archiveOf, foldersArchive } from './config-archive.ts';
import { volumeMount } from './container-plan.ts';
import { cancelled, type Engine, statusOf } from './engine.ts';
import { isOwn, labelsOf, namesOf, type Owner } from './unit-names.ts';

const FOLDER_BIT = 2 ** 31;
const OTHER_BITS = 2 ** 27 + 2 ** 26 + 2 ** 25 + 2 ** 24 + 2 ** 21 + 2 ** 19;
const TIDY_FILE = '.tidy.json';
const TIDY_MS = 60_000;

export interface Tidying {
  /** Paths below /configs. */
  forget: readonly string[];
  /** Null: everything belongs to whom it should already. */
  owner: FileOwner | null;
  /** Saved sessions from before this moment are dropped. Epoch milliseconds; null keeps them. */
  sessionResetAt: number | null;
}

export class UnitVolumes {
  readonly #engine: Engine;
  readonly #owner: Owner;
  /** Helpers by container. */
  readonly #atWork = new Set<string>();

  constructor(engine: Engine, owner: Owner) {
    this.#engine = engine;
    this.#owner = owner;
  }

  /** Makes what is missing and gives it to its owner; tells whether all was there before. */
  async ensure(workspaceId: string, image: string, owner: FileOwner): Promise<{ wasThere: boolean }> {
    const { configs, workspace, sessions } = namesOf(workspaceId);
    const isKept = [
      await this.#ensureOne(workspaceId, configs),
      await this.#ensureOne(workspaceId, workspace),
      await this.#ensureOne(workspaceId, sessions),
    ].every(Boolean);
    if (isKept) return { wasThere: true };
    const folders = await foldersArchive(['configs', 'workspace', 'sessions'], owner);
    await this.withHelper(workspaceId, image, (helper) => this.unpack(helper, '/', folders));
    return { wasThere: false };
  }

  isThere(workspaceId: string): Promise<boolean> {
    return this.#isOwn(namesOf(workspaceId).configs);
  }

  async remove(workspaceId: string): Promise<void> {
    const { configs, workspace, sessions } = namesOf(workspaceId);
    for (const name of [configs, workspace, sessions]) {
      if (!(await this.#isOwn(name))) continue;
      await this.#engine.settle(
        (docker, abortSignal) => docker.getVolume(name).remove(cancelled(abortSignal, {})),
        [404],
      );
    }
  }

  /** Unpacks in a folder of a container; also in one that does not run. */
  async unpack(container: string, folder: string, archive: Buffer): Promise<void> {
    await this.#engine.act((docker, abortSignal) =>
      docker.getContainer(container).putArchive(archive, cancelled(abortSignal, { path: folder })),
    );
  }

  /** One folder of volumes that no unit uses; `without` are paths in it. */
  async pack(
    workspaceId: string,
    image: string,
    { folder, without }: { folder: CarriedFolder; without: ReadonlySet<string> },
    take: (archive: FolderArchive) => Promise<void>,
  ): Promise<void> {
    await this.withHelper(workspaceId, image, async (helper) => {
      const tar = await this.#engine.act((docker, abortSignal) =>
        docker.getContainer(helper).getArchive(cancelled(abortSignal, { path: `/${folder}/.` })),
      );
      await take(ownArchive(tar as unknown as Readable, without, { uid: 0, gid: 0 }));
    });
  }

  /** Everything belongs to root then; the next start gives it to whom it should. */
  async unpackFolder(
    workspaceId: string,
    image: string,
    folder: CarriedFolder,
    tar: Readable,
  ): Promise<void> {
    const archive = ownArchive(tar, new Set(), { uid: 0, gid: 0 });
    // The library passes no failure of what it sends on: the engine would wait for the rest until the limit.
    const broken = new AbortController();
    let failure: Error | null = null;
    archive.tar.once('error', (error: Error) => {
      failure = error;
      broken.abort();
    });
    try {
      await this.withHelper(workspaceId, image, (helper) =>
        this.#engine.act((docker, limit) => {
          broken.signal.throwIfAborted();
          const signal = AbortSignal.any([limit, broken.signal]);
          const to = cancelled(signal, { path: `/${folder}` });
          return docker.getContainer(helper).putArchive(archive.tar, to);
        }, TIMEOUTS_MS.carry),
      );
    } catch (error) {
      throw failure ?? error;
    }
  }

  /** Null when there is no such file. */
  async read(container: string, path: string): Promise<string | null> {
    const parts = pathParts(path);
    for (let i = 1; i < parts.length; i++) {
      if ((await this.#kindOf(container, parts.slice(0, i))) !== 'folder') return null;
    }
    if ((await this.#kindOf(container, parts)) !== 'file') return null;
    const archive = await this.#engine.act((docker, abortSignal) =>
      docker
        .getContainer(container)
        .getArchive(cancelled(abortSignal, { path: `/configs/${parts.join('/')}` })),
    );
    return readOnlyEntry(archive as unknown as NodeJS.ReadableStream);
  }

  /** V1: a container that mounts the volumes and never runs. */
  async withHelper<T>(
    workspaceId: string,
    image: string,
    act: (container: string) => Promise<T>,
  ): Promise<T> {
    const helper = await this.#makeHelper(workspaceId, image);
    try {
      return await act(helper.id);
    } finally {
      await this.#drop(helper.id);
    }
  }

  /** V3. Only while the unit does not run. */
  async tidy(workspaceId: string, image: string, { forget, owner, sessionResetAt }: Tidying): Promise<void> {
    const helper = await this.#makeHelper(workspaceId, image);
    try {
      const task = JSON.stringify({
        forget: [...forget, TIDY_FILE],
        owner: owner && [owner.uid, owner.gid],
        sessionResetAt,
      });
      await this.unpack(helper.id, '/configs', await archiveOf({ [TIDY_FILE]: task }, { uid: 0, gid: 0 }));
      const { StatusCode } = await this.#engine.act(async (docker, abortSignal) => {
        const container = docker.getContainer(helper.id);
        await container.start(cancelled(abortSignal, {}));
        return (await container.wait(cancelled(abortSignal, {}))) as { StatusCode: number };
      }, TIDY_MS);
      if (StatusCode !== 0) throw new Error(`tidying the volumes of ${workspaceId} ended with ${StatusCode}`);
    } finally {
      await this.#drop(helper.id);
    }
  }

  /** A helper of ours that is at work now. */
  isAtWork(containerId: string): boolean {
    return this.#atWork.has(containerId);
  }

  async #makeHelper(workspaceId: string, image: string): Promise<Container> {
    const { configs, workspace, sessions } = namesOf(workspaceId);
    const mounts = [
      volumeMount(configs, '/configs'),
      volumeMount(workspace, '/workspace'),
      volumeMount(sessions, '/sessions'),
    ];
    const helper = await this.#engine.act((docker, abortSignal) =>
      docker.createContainer(
        cancelled(abortSignal, {
          Image: image,
          User: '0:0',
          Cmd: ['node', '/app/unit/main.js', 'tidy', `/configs/${TIDY_FILE}`],
          Labels: labelsOf(this.#owner, workspaceId, 'helper'),
          HostConfig: {
            Mounts: mounts,
            NetworkMode: 'none',
            CapDrop: ['ALL'],
            CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
            SecurityOpt: ['no-new-privileges'],
            Memory: 256 * 1024 * 1024,
            PidsLimit: 64,
          },
        }),
      ),
    );
    this.#atWork.add(helper.id);
    return helper;
  }

  async #drop(containerId: string): Promise<void> {
    this.#atWork.delete(containerId);
    await this.#engine.settle(
      (docker, abortSignal) =>
        docker.getContainer(containerId).remove(cancelled(abortSignal, { force: true, v: true })),
      [404, 409],
    );
  }

  async #ensureOne(workspaceId: string, name: string): Promise<boolean> {
    if (await this.#isOwn(name)) return true;
    await this.#engine.act((docker, abortSignal) =>
      docker.createVolume(
        cancelled(abortSignal, {
          Name: name,
          Labels: labelsOf(this.#owner, workspaceId, 'volume'),
        }),
      ),
    );
    // The engine answers alike when it was there: then it is somebody else's.
    if (!(await this.#isOwn(name))) throw faults.conflict('a volume of this name belongs to another server');
    return false;
  }

  async #isOwn(name: string): Promise<boolean> {
    const found = await this.#engine.find((docker, abortSignal) =>
      docker.getVolume(name).inspect(cancelled(abortSignal, {})),
    );
    return found !== null && isOwn(found.Labels, this.#owner);
  }

  async #kindOf(
    container: string,
    parts: readonly string[],
  ): Promise<'nothing' | 'folder' | 'file' | 'other'> {
    const answer = await this.#stat(container, `/configs/${parts.join('/')}`);
    if (answer === null) return 'nothing';
    const { mode } = JSON.parse(Buffer.from(answer, 'base64').toString('utf8')) as { mode: number };
    if (hasBit(mode, FOLDER_BIT)) return 'folder';
    return [...bitsOf(OTHER_BITS)].some((bit) => hasBit(mode, bit)) ? 'other' : 'file';
  }

  async #stat(container: string, path: string): Promise<string | null> {
    try {
      const answer = await this.#engine.act((docker, abortSignal) =>
        docker.getContainer(container).infoArchive(cancelled(abortSignal, { path })),
      );
      const { headers } = answer as { headers: Record<string, string | undefined> };
      return headers['x-docker-container-path-stat'] ?? null;
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }
}

/** The engine's numbers are wider than JavaScript's bit operators. */
function hasBit(mode: number, bit: number): boolean {
  return Math.floor(mode / bit) % 2 === 1;
}

function* bitsOf(mask: number): Generator<number> {
  for (let bit = 1; bit <= mask; bit *= 2) if (hasBit(mask, bit)) yield bit;
}

async function readOnlyEntry(archive: NodeJS.ReadableStream): Promise<string | null> {
  const tar = extract();
  archive.on('error', (error: Error) => tar.destroy(error));
  archive.pipe(tar);
  return new Promise<string | null>((resolve, reject) => {
    tar.on('entry', (header, stream, next) => {
      if (header.type !== 'file') {
        resolve(null);
        tar.destroy();
        return;
      }
      if ((header.size ?? 0) > LIMITS.fileReadBytes) {
        reject(faults.invalidRequest('the file is larger than 5 MiB'));
        tar.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        resolve(Buffer.concat(chunks).toString('utf8'));
        next();
      });
    });
    tar.on('finish', () => resolve(null));
    tar.on('error', reject);
  });
}
