// Secret mask: cuts the values of a workspace's secrets, and whatever looks like a credential, out of what agents print
// and report. For logs, errors and notes; what people and agents say to each other is theirs and stays as it is.
//
//   M1. A value is cut out as it is and in the encodings that programs print it in.
//   M2. A value that was replaced is still cut out: an older agent may have printed it.
//   M3. What cannot be judged because the datastore is away is not shown.
//   M4. A change that comes while values are read is seen by the next text.

import { redactSecrets } from '@molecule/domain';
import { SealBroken } from '@molecule/kit';
import type { SecretStore } from './secret-store.ts';
import type { SecretVault } from './secret-vault.ts';

export interface MaskDeps {
  secrets: Pick<SecretStore, 'listFor'>;
  vault: SecretVault;
}

const MASK = '[REDACTED]';
/** Anything shorter stands in ordinary text too. */
const SHORTEST = 8;
const MAX_WORKSPACES = 1_000;
const MAX_FORMS = 4_000;
/** Settings that are kept as secrets and are none. */
const HARMLESS = new Set(['MODEL_PROVIDER']);

export class SecretMask {
  readonly #deps: MaskDeps;
  /** What is cut out by workspace, the longest first. */
  readonly #forms = new Map<string, { forms: readonly string[]; isStale: boolean }>();
  #changes = 0;

  constructor(deps: MaskDeps) {
    this.#deps = deps;
  }

  async mask(workspaceId: string, text: string): Promise<string> {
    return text === '' ? text : (await this.of(workspaceId))(text);
  }

  /** For many texts of one workspace. */
  async of(workspaceId: string): Promise<(text: string) => string> {
    const forms = await this.#formsOf(workspaceId);
    return (text) => {
      let out = text;
      for (const form of forms) out = out.replaceAll(form, MASK);
      return redactSecrets(out);
    };
  }

  /** Secrets of this workspace, or with null of every one, have changed. */
  changed(workspaceId: string | null): void {
    this.#changes++;
    const known = workspaceId === null ? this.#forms.values() : [this.#forms.get(workspaceId)];
    for (const entry of known) if (entry) entry.isStale = true;
  }

  async #formsOf(workspaceId: string): Promise<readonly string[]> {
    const known = this.#forms.get(workspaceId);
    if (known && !known.isStale) return known.forms;
    const changes = this.#changes;
    const forms = new Set(await this.#readForms(workspaceId));
    for (const form of known?.forms ?? []) if (forms.size < MAX_FORMS) forms.add(form);
    const sorted = [...forms].sort((a, b) => b.length - a.length);
    this.#forms.delete(workspaceId);
    this.#forms.set(workspaceId, { forms: sorted, isStale: changes !== this.#changes });
    const [oldest] = this.#forms.keys();
    if (this.#forms.size > MAX_WORKSPACES && oldest !== undefined) this.#forms.delete(oldest);
    return sorted;
  }

  async #readForms(workspaceId: string): Promise<string[]> {
    const sealed = await this.#deps.secrets.listFor(workspaceId);
    return sealed
      .filter(({ name }) => !HARMLESS.has(name))
      .flatMap((secret) => {
        try {
          return formsOf(this.#deps.vault.open(secret).reveal());
        } catch (error) {
          // What does not open here was given to no agent either.
          if (error instanceof SealBroken) return [];
          throw error;
        }
      });
  }
}

/** M1. */
export function formsOf(value: string): string[] {
  if (value.length < SHORTEST) return [];
  const bytes = Buffer.from(value);
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 2 * SHORTEST);
  return [
    value,
    // Logs are read line by line, and JSON prints a line break as two characters.
    ...(lines.length > 1 ? [JSON.stringify(value).slice(1, -1), ...lines] : []),
    encodeURIComponent(value),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}
