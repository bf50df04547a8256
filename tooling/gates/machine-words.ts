// Machine words: no file names a folder of the machine that it was written on.

import type { Gate, Violation } from './gate.ts';
import { listFiles, readText } from './repository-files.ts';

/** Put together here, so that this file does not contain them. */
const FOLDERS = [
  ['wo', 'rk/'],
  ['fa', 'rm/'],
  ['tmp/', 'brief'],
  ['tmp/', 'bash_jobs'],
  ['ro', 'ot/\\w'],
  ['ho', 'me/(?!user|node|agent|you|me|alice|bob|runner)\\w+/'],
  ['Us', 'ers/(?!user|you|me|alice|bob)\\w+/'],
].map((parts) => parts.join(''));

/** Not part of a URL or of a longer path. */
const MACHINE_PATH = new RegExp(`(?<![\\w.$}*/-])/(?:${FOLDERS.join('|')})`);

export const machineWords: Gate = {
  name: 'no file names a folder of one machine',
  find(root) {
    return listFiles(root)
      .filter((path) => path !== 'package-lock.json')
      .flatMap((path) => findPaths(path, readText(root, path) ?? ''));
  },
};

function findPaths(path: string, text: string): Violation[] {
  return text.split('\n').flatMap((line, index) => {
    const match = MACHINE_PATH.exec(line);
    return match ? [{ path, line: index + 1, message: `names a folder of one machine (${match[0]})` }] : [];
  });
}
