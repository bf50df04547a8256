// The fold from changes to a row.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyChange, type WorkspaceChange, type WorkspaceState } from './workspace-projection.ts';
import { WORKSPACE_STATUSES } from './workspace-status.ts';

const created: WorkspaceState = {
  id: 'w1',
  name: 'Lead',
  role: null,
  tier: 2,
  runtime: 'rehearsal',
  model: null,
  template: null,
  status: 'provisioning',
  statusReason: null,
  statusDetail: null,
  parentId: null,
  url: '',
  isUrlOurs: false,
  agentCard: null,
  deliveryMode: null,
  backend: 'fake',
  x: 0,
  y: 0,
  isCollapsed: false,
  workspaceDir: null,
  workspaceAccess: 'none',
  budgetLimitCents: null,
  maxConcurrentTasks: 1,
  hibernationIdleMinutes: 0,
  deadlineAt: 1,
  forwardedTo: null,
  sessionResetAt: null,
  carryFrom: null,
  eraseFrom: null,
  isolation: null,
  createdAt: 5,
  removedAt: null,
};

const patch: fc.Arbitrary<WorkspaceChange> = fc
  .record(
    {
      name: fc.string(),
      status: fc.constantFrom(...WORKSPACE_STATUSES),
      parentId: fc.option(fc.uuid()),
      url: fc.webUrl(),
      x: fc.integer(),
      isCollapsed: fc.boolean(),
      deadlineAt: fc.option(fc.nat()),
      agentCard: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  .map((given) => ({ kind: 'patched', patch: given }));

const fold = (changes: WorkspaceChange[], from: WorkspaceState | null) => changes.reduce(applyChange, from);

describe('the fold of a workspace', () => {
  it('gives the same row however the history is cut in two (P2)', () => {
    fc.assert(
      fc.property(fc.array(patch), fc.nat(), (patches, cut) => {
        const history: WorkspaceChange[] = [{ kind: 'created', state: created }, ...patches];
        const at = cut % (history.length + 1);
        expect(fold(history.slice(at), fold(history.slice(0, at), null))).toEqual(fold(history, null));
      }),
    );
  });

  it('holds for each field the last value that a change gave it, and touches nothing else', () => {
    fc.assert(
      fc.property(fc.array(patch), (patches) => {
        const row = fold(patches, created) as unknown as Record<string, unknown>;
        for (const [field, initial] of Object.entries(created)) {
          const said = patches
            .flatMap((p) => (p.kind === 'patched' && field in p.patch ? [p.patch] : []))
            .at(-1);
          expect(row[field]).toEqual(said ? (said as Record<string, unknown>)[field] : initial);
        }
      }),
    );
  });

  it('does not change the row that it was given', () => {
    const before = structuredClone(created);
    applyChange(created, { kind: 'patched', patch: { name: 'Other' } });
    expect(created).toEqual(before);
  });

  it('ends with no row after a purge, and can start anew', () => {
    expect(fold([{ kind: 'purged' }], created)).toBeNull();
    expect(fold([{ kind: 'purged' }, { kind: 'created', state: created }], created)).toEqual(created);
  });

  it('refuses histories that cannot be', () => {
    expect(() => applyChange(created, { kind: 'created', state: created })).toThrow(/twice/);
    expect(() => applyChange(null, { kind: 'patched', patch: {} })).toThrow(/before the workspace/);
    expect(() => applyChange(null, { kind: 'purged' })).toThrow(/before the workspace/);
  });
});
