// Neighbours: two tenants on one engine. Neither sees, stops or erases what belongs to the other, nor what belongs to
// nobody, whatever it is called.

import { describe, expect, it } from 'vitest';
import { specOf, urlOf } from '../backend.contract.ts';
import { type DockerUnderTest, dockerUnderTest } from './testing/docker-under-test.ts';

/** Every verb that ends or erases something. */
const ENDING = ['stop', 'stopAndPrune', 'removeVolumes'] as const;

async function withTwo(
  act: (ours: DockerUnderTest, theirs: DockerUnderTest) => Promise<void>,
): Promise<void> {
  const [ours, theirs] = [await dockerUnderTest(), await dockerUnderTest()];
  try {
    await act(ours, theirs);
  } finally {
    await theirs.close();
    await ours.close();
  }
}

const volumesOf = async ({ docker }: DockerUnderTest, id: string) => {
  const { Volumes } = await docker.listVolumes({ filters: { name: [`ws-${id}`] } as never });
  return Volumes.map(({ Name }) => Name).sort();
};

describe.skipIf(!process.env.MOLECULE_TEST_DOCKER)('two tenants on one engine', { timeout: 60_000 }, () => {
  it('list their own units only', () =>
    withTwo(async (ours, theirs) => {
      const [mine, other] = [crypto.randomUUID(), crypto.randomUUID()];
      urlOf(await ours.dispatcher.start(specOf(mine), 'docker'));
      urlOf(await theirs.dispatcher.start(specOf(other), 'docker'));
      const listed = async (tenant: DockerUnderTest) =>
        (await tenant.dispatcher.listUnits())?.map(({ workspaceId }) => workspaceId);
      expect(await listed(ours)).toEqual([mine]);
      expect(await listed(theirs)).toEqual([other]);
    }));

  it.each(ENDING)('%s of a workspace of the other tenant touches nothing there', (verb) =>
    withTwo(async (ours, theirs) => {
      const id = crypto.randomUUID();
      urlOf(await theirs.dispatcher.start(specOf(id), 'docker'));
      await theirs.seenByAgent(id);
      const before = await volumesOf(theirs, id);
      expect(before).toHaveLength(3);
      expect(await ours.dispatcher.probe(id, 'docker')).toBe('gone');
      await ours.dispatcher[verb](id, 'docker');
      expect(await theirs.dispatcher.probe(id, 'docker')).toBe('running');
      expect(await volumesOf(theirs, id)).toEqual(before);
    }),
  );

  it('a start of the same id is refused and leaves the unit of the other tenant as it is', () =>
    withTwo(async (ours, theirs) => {
      const id = crypto.randomUUID();
      urlOf(await theirs.dispatcher.start(specOf(id), 'docker'));
      await theirs.seenByAgent(id);
      const { Id } = await theirs.containerOf(id).inspect();
      expect(await ours.dispatcher.start(specOf(id), 'docker')).toMatchObject({ outcome: 'failed' });
      const now = await theirs.containerOf(id).inspect();
      expect([now.Id, now.State.Running]).toEqual([Id, true]);
    }));

  it('a container without our labels is nobody’s, whatever its name', () =>
    withTwo(async (ours) => {
      const [id, mine] = [crypto.randomUUID(), crypto.randomUUID()];
      urlOf(await ours.dispatcher.start(specOf(mine), 'docker'));
      const { Image } = (await ours.containerOf(mine).inspect()).Config;
      const stranger = await ours.docker.createContainer({
        name: `ws-${id}`,
        Image,
        Cmd: ['sleep', '60'],
        Labels: { 'molecule.platform.managed': 'true', 'molecule.platform.workspace_id': id },
      });
      try {
        await stranger.start();
        await ours.dispatcher.stopAndPrune(id, 'docker');
        expect((await ours.dispatcher.listUnits())?.map(({ workspaceId }) => workspaceId)).toEqual([mine]);
        expect((await stranger.inspect()).State.Running).toBe(true);
      } finally {
        await stranger.remove({ force: true });
      }
    }));
});
