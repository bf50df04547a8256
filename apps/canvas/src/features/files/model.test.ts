// Files model: what the tree shows, and what names are taken.

import { describe, expect, it } from 'vitest';
import { type Entry, foldersAbove, linesOf, sizeWords, textOf, troubleWithName } from './model.ts';

const folder = (...entries: Entry[]) => ({ entries, error: null, isPending: false });
const file = (path: string): Entry => ({ path, size: 3, dir: false });
const dir = (path: string): Entry => ({ path, size: 0, dir: true });

describe('the tree of files', () => {
  const folders = new Map([
    ['', folder(file('b.md'), dir('skills'), file('a.md'))],
    ['skills', folder(file('weather.md'))],
  ]);

  it('shows folders first and what is in an open one below it', () => {
    const open = linesOf(folders, new Set(['skills']));
    expect(open.map((line) => line.path)).toEqual(['skills', 'skills/weather.md', 'a.md', 'b.md']);
    expect(open[1]).toMatchObject({ name: 'weather.md', depth: 1, isFolder: false });
  });

  it('hides what is in a closed folder', () => {
    expect(linesOf(folders, new Set()).map((line) => line.path)).toEqual(['skills', 'a.md', 'b.md']);
  });

  it('knows every folder above a path', () => {
    expect(foldersAbove('a/b/c.md')).toEqual(['a', 'a/b']);
    expect(foldersAbove('c.md')).toEqual([]);
  });
});

describe('files', () => {
  it.each(['', '/etc/passwd', 'a/../b', 'folder/'])('takes no new file called %j', (name) => {
    expect(troubleWithName(name)).not.toBeNull();
  });

  it('takes a name with folders', () => {
    expect(troubleWithName('skills/weather/SKILL.md')).toBeNull();
  });

  it('tells text from bytes', () => {
    expect(textOf(new TextEncoder().encode('Grüße').buffer)).toBe('Grüße');
    expect(textOf(new Uint8Array([0xff, 0xfe, 0x00]).buffer)).toBeNull();
  });

  it('says sizes in words', () => {
    expect([12, 1536, 5 * 1024 * 1024].map(sizeWords)).toEqual(['12 B', '1.5 KiB', '5.0 MiB']);
  });
});
