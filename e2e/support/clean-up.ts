// Clean up: after each file of scenarios, tenants that a failing scenario left running are stopped.

import { afterAll } from 'vitest';
import { stopAllTenants } from '../../bench/tenant-process.ts';

afterAll(() => stopAllTenants());
