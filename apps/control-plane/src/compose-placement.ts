// Compose placement: what tenants run on, and what seals their credentials, out of the settings.

import { join } from 'node:path';
import type { Clock, Log } from '@molecule/kit';
import type { Config } from './config.ts';
import { EnvelopeSeal, openAwsKeyService, Seal, type Sealer } from './features/tenants/index.ts';
import { DockerDriver } from './placement/docker/docker-driver.ts';
import type { PlacementDriver } from './placement/driver.ts';
import { openCloud } from './placement/ec2/cloud.ts';
import { Ec2Driver } from './placement/ec2/ec2-driver.ts';
import { FakeDriver } from './placement/fake/fake-driver.ts';
import { ProcessDriver } from './placement/process/process-driver.ts';
import type { PlatformIdentity } from './platform-identity.ts';

export async function createSealer(
  config: Config,
  identity: PlatformIdentity,
  clock: Clock,
): Promise<Sealer> {
  const seal = new Seal(identity.encryptionKey.reveal(), config.olderEncryptionKey?.reveal() ?? null);
  if (config.kms === null) return seal;
  return new EnvelopeSeal(seal, await openAwsKeyService(config.kms), {
    clock,
    sealsWith: config.kms.sealsWith,
  });
}

export interface DriverPlace {
  repository: string;
  unitMain: string;
  platformId: string;
  log: Log;
  clock: Clock;
}

export async function createDriver(
  config: Config,
  { repository, unitMain, platformId, log, clock }: DriverPlace,
): Promise<PlacementDriver> {
  if (config.driver === 'fake') return new FakeDriver();
  if (config.ec2 !== null)
    return new Ec2Driver({ cloud: await openCloud(config.ec2), settings: config.ec2, clock, log });
  if (config.driver === 'docker') {
    return new DockerDriver({
      socketPath: config.dockerSocket,
      platformId,
      memoryMib: config.tenantMemoryMib,
      cpus: config.tenantCpus,
      maxProcesses: config.tenantProcesses,
      log,
    });
  }
  const home = (image: string) =>
    image === 'local' ? repository : join(config.releasesDir ?? join(config.dataDir, 'releases'), image);
  return new ProcessDriver({
    root: join(config.dataDir, 'tenants'),
    unitRoot: join(config.dataDir, 'units'),
    unitMain,
    mainOf: (image) => join(home(image), 'apps/workspace-server/dist/main.js'),
    programPath: config.programPath,
    isWeakIsolationAccepted: config.isWeakIsolationAccepted,
    log,
  });
}

/** Somebody stops everything that runs here (Ctrl-C); the next start brings back what is wanted. */
export async function stopTenants(driver: PlacementDriver): Promise<void> {
  if (!driver.capabilities.stopsWithPlatform) return;
  await Promise.all((await driver.list()).map((orgId) => driver.stop(orgId)));
}
