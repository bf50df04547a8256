// The fake driver against the contract of all drivers.

import { describePlacementDriver } from '../driver.contract.ts';
import { FakeDriver } from './fake-driver.ts';

describePlacementDriver('fake', async () => {
  const driver = new FakeDriver();
  driver.images.add('next');
  const tenant = (orgId: string) => {
    const found = driver.tenants.get(orgId);
    if (!found) throw new Error('there is no such tenant');
    return found;
  };
  return {
    driver,
    again: () => driver,
    images: ['local', 'next'],
    crash: async (orgId) => {
      tenant(orgId).isUp = false;
    },
    write: async (orgId, text) => {
      tenant(orgId).data = text;
    },
    read: async (orgId) => tenant(orgId).data,
    count: async (orgId) => (driver.tenants.get(orgId)?.isUp ? 1 : 0),
    close: async () => {},
  };
});
