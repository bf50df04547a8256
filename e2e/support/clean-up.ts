// Clean up: after each file of scenarios, tenants that a failing scenario left running are stopped. What was tried again is
// noted for whoever reads the report.

import { afterAll, afterEach } from 'vitest';
import { stopAllTenants } from '../../bench/tenant-process.ts';

declare module 'vitest' {
  interface TaskMeta {
    failedAttempts?: number;
  }
}

afterEach(({ task }) => {
  const failedAttempts = task.result?.retryCount ?? 0;
  if (failedAttempts > 0) task.meta.failedAttempts = failedAttempts;
});
afterAll(() => stopAllTenants());
