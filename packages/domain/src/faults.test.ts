// Faults: the list of failures and the factories that make them are the same list.
import { describe, expect, it } from 'vitest';
import { FAULT_CODES, type Fault, faults, isFault, wireCode } from './faults.ts';

const make = Object.entries(faults).map(([name, factory]) => ({
  name,
  // Factories take text, numbers and options; whatever they are given, they answer with a fault.
  fault: (factory as (...args: unknown[]) => Fault)('sample', 'sample', 'sample'),
}));

describe('faults', () => {
  it.each(make)('$name makes a fault with a code of the list and a sentence', ({ fault }) => {
    expect(isFault(fault)).toBe(true);
    expect(FAULT_CODES).toHaveProperty(fault.code);
    expect(fault.message.length).toBeGreaterThan(0);
  });

  it('puts codes on the wire in lower snake case', () => {
    for (const code of Object.keys(FAULT_CODES) as (keyof typeof FAULT_CODES)[]) {
      expect(wireCode(code)).toMatch(/^[a-z0-9]+(_[a-z0-9]+)*$/);
    }
  });

  it('keeps the cause for the log', () => {
    const cause = new Error('socket closed');
    expect(faults.agentUnreachable(cause).cause).toBe(cause);
  });
});
