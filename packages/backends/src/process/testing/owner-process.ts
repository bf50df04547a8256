// Owner process: a server that starts the given agents over and over until somebody kills it.
// Arguments: state folder, script of the agent, ids of the workspaces.

import { createLog, systemClock } from '@molecule/kit';
import { createDispatcher } from '../../dispatcher.ts';

const [stateDir = '', agent = '', ...ids] = process.argv.slice(2);
const dispatcher = createDispatcher({
  process: {
    stateDir,
    command: [process.execPath, agent],
    platformUrl: () => 'http://127.0.0.1:9',
    orgId: 'org-of-a-test',
  },
  clock: systemClock,
  log: createLog({ level: 'silent' }),
});

async function startOverAndOver(workspaceId: string): Promise<never> {
  for (;;) {
    dispatcher.forgiveCrashes(workspaceId);
    await dispatcher.start(
      {
        workspaceId,
        name: 'Test role',
        runtime: 'rehearsal',
        engine: 'rehearsal',
        tier: 2,
        parentId: null,
        configFiles: { 'config.yaml': 'name: Test role\n' },
        env: {},
        authToken: 'token-of-a-test',
        workspaceDir: null,
        workspaceAccess: 'none',
      },
      'process',
    );
    process.stdout.write('started\n');
  }
}

await Promise.all(ids.map(startOverAndOver));
