// Script file: the rehearsal.yaml of a role, read again when it changed, so that an edit counts from the next task on.

import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import type { RuntimeConfig } from '../../config.ts';
import { EngineFailure } from '../engine-failure.ts';
import { parseScript } from './script/parse-script.ts';
import { SCRIPT_BOUNDS, type Script } from './script/schema.ts';

export const DEFAULT_SCRIPT = 'rehearsal.yaml';

export class ScriptFile {
  readonly #path: string;
  readonly #isOptional: boolean;
  #known: { version: string; script: Script } | null = null;

  constructor(config: RuntimeConfig) {
    const name = config.file.rehearsal.script;
    this.#path = scriptPath(config.configDir, name);
    this.#isOptional = name === DEFAULT_SCRIPT;
  }

  /** The script as it stands now; null when the role has none. Throws an EngineFailure that says what to mend. */
  async read(): Promise<Script | null> {
    try {
      const { mtimeMs, size } = await stat(this.#path);
      const version = `${mtimeMs}:${size}`;
      if (this.#known?.version === version) return this.#known.script;
      refuseLarge(this.#path, size);
      const script = parseScript(await readFile(this.#path, 'utf8'), this.#path);
      this.#known = { version, script };
      return script;
    } catch (error) {
      return this.#missing(error);
    }
  }

  /** For the check at boot. */
  readNow(): Script | null {
    try {
      refuseLarge(this.#path, statSync(this.#path).size);
      return parseScript(readFileSync(this.#path, 'utf8'), this.#path);
    } catch (error) {
      return this.#missing(error);
    }
  }

  #missing(error: unknown): null {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && this.#isOptional) return null;
    if (error instanceof EngineFailure || code === undefined) throw error;
    throw new EngineFailure(
      `the rehearsal script ${this.#path} can not be read (${code}); put it there, or correct rehearsal.script in config.yaml`,
    );
  }
}

function scriptPath(configDir: string, name: string): string {
  if (isAbsolute(name) || normalize(name).startsWith('..')) {
    throw new EngineFailure(
      `rehearsal.script "${name}" leads out of ${configDir}; name a file inside that folder in config.yaml`,
    );
  }
  return join(configDir, name);
}

function refuseLarge(path: string, bytes: number): void {
  if (bytes > SCRIPT_BOUNDS.fileBytes) {
    throw new EngineFailure(`${path} is larger than ${SCRIPT_BOUNDS.fileBytes} bytes; shorten the script`);
  }
}
