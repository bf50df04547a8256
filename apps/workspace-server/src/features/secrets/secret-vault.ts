// Secret vault: seals secrets into their place and opens them again. The one holder of the keys.
//
//   V1. A value is bound to organisation, table, column, workspace and name; a seal that was moved does not open.
//   V2. Whoever seals does it inside `whileSealing`, to the commit: a key is not given up while such work is under way.

import { openSeal, openUnplacedSeal, SealBroken, type SealingKey, Secret, seal } from '@molecule/kit';
import type { KeyRing } from './key-ring.ts';
import type { NewSecret, SealedSecret, SecretPlace } from './secret-store.ts';

const EVERYBODY = 'global';

export class SecretVault {
  readonly #keys: KeyRing;
  readonly #orgId: string;
  readonly #sealing = new Set<Promise<unknown>>();

  constructor(keys: KeyRing, orgId: string) {
    this.#keys = keys;
    this.#orgId = orgId;
  }

  get currentKey(): SealingKey {
    return this.#keys.current;
  }

  canOpen({ version, keyId }: SealedSecret): boolean {
    return version < 2 || this.#keys.all.some(({ id }) => id === keyId);
  }

  seal(place: SecretPlace, value: Secret): NewSecret {
    const key = this.#keys.current;
    return { ...place, sealed: seal(key, value.reveal(), this.#placeOf(place)), keyId: key.id };
  }

  /** Throws SealBroken. */
  open(secret: SealedSecret): Secret {
    switch (secret.version) {
      case 0:
        return Secret.of(secret.sealed.toString('utf8'));
      case 1:
        return openUnplacedSeal(this.#keys.all, secret.sealed);
      case 2:
        return openSeal(this.#keys.all, secret.sealed, this.#placeOf(secret));
      default:
        throw new SealBroken(`unknown encryption version ${secret.version}`);
    }
  }

  /** V2. */
  async whileSealing<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#sealing.add(running);
    try {
      return await running;
    } finally {
      this.#sealing.delete(running);
    }
  }

  /** Resolves when everything that is being sealed now is committed or given up. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#sealing]);
  }

  #placeOf({ workspaceId, name }: SecretPlace): string[] {
    return [this.#orgId, 'secrets', 'sealed', workspaceId ?? EVERYBODY, name];
  }
}
