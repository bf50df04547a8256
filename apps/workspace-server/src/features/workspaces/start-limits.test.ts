// Whose word counts for how long a start may last.

import { describe, expect, it } from 'vitest';
import { StartLimits } from './start-limits.ts';

const MINUTE_MS = 60_000;

describe('[core.4.5-provision] a start', () => {
  it('may take ten minutes, and thirty with a slow engine', () => {
    const limits = new StartLimits(null);
    expect(['rehearsal', 'hermes'].map((runtime) => limits.of(runtime))).toEqual([
      10 * MINUTE_MS,
      30 * MINUTE_MS,
    ]);
  });

  it('may take what the most patient template of its engine asks for, a day at most', () => {
    const limits = new StartLimits(null);
    limits.learn([
      { runtime: 'crewai', provision_timeout_seconds: 900 },
      { runtime: 'crewai', provision_timeout_seconds: 1200 },
      { runtime: 'autogen', provision_timeout_seconds: 1_000_000 },
      { runtime: 'hermes' },
    ]);
    expect(['crewai', 'autogen', 'hermes', 'langgraph'].map((runtime) => limits.of(runtime))).toEqual([
      20 * MINUTE_MS,
      1440 * MINUTE_MS,
      30 * MINUTE_MS,
      10 * MINUTE_MS,
    ]);
  });

  it('may take what the operator says, whatever else is said', () => {
    const limits = new StartLimits(5_000);
    limits.learn([{ runtime: 'crewai', provision_timeout_seconds: 900 }]);
    expect(['crewai', 'hermes'].map((runtime) => limits.of(runtime))).toEqual([5_000, 5_000]);
  });
});
