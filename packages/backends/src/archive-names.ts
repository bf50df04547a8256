// Archive names: which entries of a tar may be unpacked, alike on every backend: those that stay below the one folder.
//
//   N1. A name that climbs, or that leads through a link of the same archive, ends the unpacking with INVALID_REQUEST.
//   N2. A second name of a link, or of what is not carried, becomes the same again: an agent that makes one can still move.

import { faults } from '@molecule/domain';
import type { Headers } from 'tar-stream';

/** Without what engines put before and after a name. */
export function plainPath(name: string): string {
  return name
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');
}

/** The steps of a path below the folder; none: the folder itself. */
export function partsOf(name: string): string[] {
  const path = plainPath(name);
  const parts = path === '' ? [] : path.split('/');
  if (parts.some((part) => ['', '.', '..'].includes(part) || part.includes('\0'))) throw outside();
  return parts;
}

export function outside() {
  return faults.invalidRequest('an archive names a path outside its folder');
}

/** Of one archive, asked for each entry in its order. */
export class ArchiveNames {
  /** What is neither file nor folder so far, by its path. */
  readonly #others = new Map<string, Headers>();

  /** The entry as it is to be treated. */
  take(header: Headers): Headers {
    const type = header.type ?? 'file';
    const parts = partsOf(header.name);
    this.#refuseThroughLink(type === 'directory' ? parts : parts.slice(0, -1));
    const path = parts.join('/');
    const taken = type === 'link' ? this.#secondName(header) : header;
    if (['file', 'directory', 'link'].includes(taken.type ?? 'file')) this.#others.delete(path);
    else this.#others.set(path, taken);
    return taken;
  }

  /** N2. */
  #secondName(header: Headers): Headers {
    const parts = partsOf(header.linkname ?? '');
    if (parts.length === 0) throw outside();
    this.#refuseThroughLink(parts.slice(0, -1));
    const first = this.#others.get(parts.join('/'));
    return first ? { ...first, name: header.name } : header;
  }

  #refuseThroughLink(parts: readonly string[]): void {
    for (let i = 1; i <= parts.length; i++) {
      if (this.#others.has(parts.slice(0, i).join('/'))) throw outside();
    }
  }
}
