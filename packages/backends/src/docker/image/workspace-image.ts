// Workspace image: the image of workspace containers, made on this machine when it is missing.
//
//   W1. Its tag is a fingerprint of everything that is in it: what runs is what this server was built with.
//   W2. One build at a time; whoever comes meanwhile waits for that one.
//   W3. What the engine refuses, or this machine lacks, ends in IMAGE_MISSING with a sentence about what to do.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Fault } from '@molecule/domain';
import { type Log, singleFlight } from '@molecule/kit';
import { type Pack, pack } from 'tar-stream';
import { cancelled, type Docker, type Engine, statusOf } from '../engine.ts';
import { LABELS } from '../unit-names.ts';
import { AGENT_UID, type ImageSources, type RootFile, rootFiles } from './root-files.ts';

/** Raised when the recipe changes what an image is without changing what is in it. */
const RECIPE = '1';
const REPOSITORY = 'molecule-workspace';
const BUILD_MS = 170_000;
/** Of larger files, size and time tell whether they changed. */
const HASHED_BYTES = 4 * 1024 * 1024;

interface Description {
  name: string;
  files: readonly RootFile[];
}

export class WorkspaceImage {
  readonly #engine: Engine;
  readonly #sources: ImageSources;
  readonly #log: Log;
  /** What is being done, in words for people; null when nothing is. */
  progress: string | null = null;
  readonly #ensureOnce: (nothing: undefined) => Promise<string>;
  /** What this server was built with does not change while it runs. */
  #known: Description | null = null;

  constructor(engine: Engine, sources: ImageSources, log: Log) {
    this.#engine = engine;
    this.#sources = sources;
    this.#log = log;
    this.#ensureOnce = singleFlight(() => this.#ensure());
  }

  /** The name of the image, which is there then. Throws IMAGE_MISSING or BACKEND_TRANSIENT. */
  ensure(): Promise<string> {
    return this.#ensureOnce(undefined);
  }

  async #ensure(): Promise<string> {
    try {
      this.#known ??= await this.#describe();
      const { name } = this.#known;
      const there = await this.#engine.find((docker, abortSignal) =>
        docker.getImage(name).inspect(cancelled(abortSignal, {})),
      );
      if (!there) await this.#build(this.#known);
      return name;
    } finally {
      this.progress = null;
    }
  }

  async #describe(): Promise<Description> {
    const files = await this.#listFiles();
    return { name: `${REPOSITORY}:${await fingerprintOf(files)}`, files };
  }

  async #listFiles(): Promise<RootFile[]> {
    try {
      return await rootFiles(this.#sources);
    } catch (error) {
      throw missing('the workspace-runtime is not built: run npm run build', error);
    }
  }

  async #build({ name, files }: Description): Promise<void> {
    const startedAt = performance.now();
    this.#say('building the workspace image; this happens once for each version');
    try {
      await this.#engine.act((docker, signal) => this.#send(docker, name, files, signal), BUILD_MS);
    } catch (error) {
      if (error instanceof Fault) throw error;
      const refused = statusOf(error) === null ? 'it could not be packed' : 'the container engine refused it';
      throw missing(
        `the workspace image could not be built: ${refused}; run npm run image to see why`,
        error,
      );
    }
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    this.#log.info({ image: name, seconds }, 'the workspace image is built');
  }

  async #send(
    docker: Docker,
    name: string,
    files: readonly RootFile[],
    abortSignal: AbortSignal,
  ): Promise<void> {
    const tar = pack();
    const options = {
      repo: REPOSITORY,
      tag: name.slice(REPOSITORY.length + 1),
      changes: CHANGES,
      abortSignal,
    };
    const sending = writeFiles(tar, files, (bytes) =>
      this.#say(`building the workspace image: ${Math.round(bytes / 1_048_576)} MiB sent`),
    );
    try {
      const [stream] = await Promise.all([
        docker.importImage(tar, options as object) as Promise<NodeJS.ReadableStream>,
        sending,
      ]);
      const { error } = await lastWords(stream);
      if (error) throw new Error(error);
    } finally {
      tar.destroy();
    }
  }

  #say(text: string): void {
    this.progress = text;
    this.#log.info(text);
  }
}

const CHANGES = [
  `USER ${AGENT_UID}:${AGENT_UID}`,
  'ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8',
  'CMD ["node","/app/main.js"]',
  `LABEL ${LABELS.managed}=true ${LABELS.role}=image`,
];

async function fingerprintOf(files: readonly RootFile[]): Promise<string> {
  const hash = createHash('sha256').update(`${RECIPE}\n${CHANGES.join('\n')}\n${process.version}\n`);
  for (const file of files) {
    hash.update(`${file.kind} ${file.path}\0`);
    if (file.kind === 'link') hash.update(file.to);
    if (file.kind === 'text') hash.update(file.text);
    if (file.kind === 'copy') hash.update(await digestOf(file.from));
  }
  return hash.digest('hex').slice(0, 16);
}

async function digestOf(path: string): Promise<string | Buffer> {
  const { size, mtimeMs } = await stat(path);
  if (size > HASHED_BYTES) return `${size} ${mtimeMs}`;
  return createHash('sha256')
    .update(await readFile(path))
    .digest();
}

/** Tells how many bytes went after every 32 MiB. */
async function writeFiles(
  tar: Pack,
  files: readonly RootFile[],
  tell: (bytes: number) => void,
): Promise<void> {
  let sent = 0;
  let told = 0;
  for (const file of files) {
    sent += await writeFile(tar, file);
    if (sent - told > 32 * 1_048_576) {
      told = sent;
      tell(sent);
    }
  }
  tar.finalize();
}

async function writeFile(tar: Pack, file: RootFile): Promise<number> {
  const header = { name: file.path, uid: 0, gid: 0, mtime: new Date(0) };
  switch (file.kind) {
    case 'folder':
      tar.entry({ ...header, type: 'directory', mode: file.mode });
      return 0;
    case 'link':
      tar.entry({ ...header, type: 'symlink', linkname: file.to, mode: 0o777 });
      return 0;
    case 'text':
      tar.entry({ ...header, mode: file.mode }, file.text);
      return file.text.length;
    case 'copy': {
      const { size } = await stat(file.from);
      const entry = tar.entry({ ...header, mode: file.mode, size });
      await pipeline(createReadStream(file.from), entry);
      return size;
    }
  }
}

/** The engine reports line by line; a failure after the first byte stands in the last one. */
async function lastWords(stream: AsyncIterable<unknown>): Promise<{ error?: string }> {
  let text = '';
  for await (const chunk of stream) text = (text + String(chunk)).slice(-16_384);
  const line = text.trim().split('\n').at(-1) ?? '';
  return line === '' ? {} : (JSON.parse(line) as { error?: string });
}

function missing(message: string, cause: unknown): Fault {
  return new Fault('IMAGE_MISSING', message, { cause });
}
