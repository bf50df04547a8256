// Live folders from dispatcher: the files feature's words for what the dispatcher does.

import type { Dispatcher } from '@molecule/backends';
import type { LiveFolders } from './features/files/index.ts';

export function toLiveFolders(dispatcher: Dispatcher): LiveFolders {
  return {
    isRunning: async ({ id, backend }) => (await dispatcher.probe(id, backend)) === 'running',
    list: ({ id, backend }, place, depth) => dispatcher.listFiles(id, backend, place, depth),
    open: ({ id, backend }, place) => dispatcher.openFile(id, backend, place),
    write: ({ id, backend }, place, content) => dispatcher.writeFile(id, backend, place, content),
    remove: ({ id, backend }, place) => dispatcher.deleteFile(id, backend, place),
    writeConfigs: ({ id, backend }, files) => dispatcher.writeConfigFiles(id, backend, files),
  };
}
