// Docker backend: the suite that every backend passes, on a real engine.

import { describe } from 'vitest';
import { describeBackend } from '../backend.contract.ts';
import { dockerUnderTest } from './testing/docker-under-test.ts';

describe.skipIf(!process.env.MOLECULE_TEST_DOCKER)('on a container engine', () => {
  describeBackend({ backend: 'docker', create: () => dockerUnderTest(), optOuts: {} });
});
