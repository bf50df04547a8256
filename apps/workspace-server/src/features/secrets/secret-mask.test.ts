// Secret mask: what is cut out (M1), that an older value still is (M2), and what is left alone.

import { generateSealingKey, parseSealingKey, Secret } from '@molecule/kit';
import { describe, expect, it } from 'vitest';
import type { KeyRing } from './key-ring.ts';
import { SecretMask } from './secret-mask.ts';
import type { SealedSecret } from './secret-store.ts';
import { SecretVault } from './secret-vault.ts';

const key = parseSealingKey(generateSealingKey());
const vault = new SecretVault({ current: key, all: [key] } as unknown as KeyRing, 'org');
const CANARY = 'canary/value+with=signs';

function maskOf(values: Record<string, string>) {
  const kept = { ...values };
  let reads = 0;
  const listFor = async (workspaceId: string): Promise<SealedSecret[]> => {
    reads++;
    return Object.entries(kept).map(([name, value]) => ({
      ...vault.seal({ workspaceId, name }, Secret.of(value)),
      id: name,
      version: 2,
    }));
  };
  return { mask: new SecretMask({ secrets: { listFor }, vault }), kept, reads: () => reads };
}

describe('the secret mask', () => {
  it.each([
    ['as it is', CANARY],
    ['in a URL', encodeURIComponent(CANARY)],
    ['in base64', Buffer.from(CANARY).toString('base64')],
    ['in base64 for URLs', Buffer.from(CANARY).toString('base64url')],
    ['in hex', Buffer.from(CANARY).toString('hex')],
  ])('cuts out a value %s (M1)', async (_, form) => {
    const { mask } = maskOf({ A: CANARY });
    const shown = await mask.mask('w', `before ${form} after`);
    expect(shown).toMatch(/^before \[REDACTED\]=* after$/);
  });

  it('cuts out each line of a value of several', async () => {
    const { mask } = maskOf({ PEM: 'first-line-of-a-key\nsecond-line-of-a-key' });
    expect(await mask.mask('w', 'second-line-of-a-key')).toBe('[REDACTED]');
    expect(await mask.mask('w', '{"k":"first-line-of-a-key\\nsecond-line-of-a-key"}')).toBe(
      '{"k":"[REDACTED]"}',
    );
  });

  it('still cuts out a value that was replaced (M2), and reads only after a change', async () => {
    const { mask, kept, reads } = maskOf({ A: 'the-first-value' });
    await mask.mask('w', 'x');
    kept.A = 'the-second-value';
    mask.changed(null);
    expect(await mask.mask('w', 'the-first-value the-second-value')).toBe('[REDACTED] [REDACTED]');
    await mask.mask('w', 'x');
    expect(reads()).toBe(2);
    mask.changed('other');
    await mask.mask('w', 'x');
    expect(reads()).toBe(2);
  });

  it('reads again after a change that came while it read (M4)', async () => {
    const kept = { A: 'the-first-value' };
    const list = async (workspaceId: string): Promise<SealedSecret[]> => {
      const sealed = vault.seal({ workspaceId, name: 'A' }, Secret.of(kept.A));
      if (kept.A === 'the-first-value') {
        kept.A = 'the-second-value';
        mask.changed('w');
      }
      return [{ ...sealed, id: 'A', version: 2 }];
    };
    const mask = new SecretMask({ secrets: { listFor: list }, vault });
    await mask.mask('w', 'x');
    expect(await mask.mask('w', 'the-second-value')).toBe('[REDACTED]');
  });

  it('leaves short values and settings alone, and cuts out what looks like a credential', async () => {
    const { mask } = maskOf({ SHORT: 'on', MODEL_PROVIDER: 'openai:a-model' });
    const text = 'on openai:a-model SOME_TOKEN=abc';
    expect(await mask.mask('w', text)).toBe('on openai:a-model [REDACTED:TOKEN]');
  });

  it('shows nothing that it could not judge (M3)', async () => {
    const mask = new SecretMask({ secrets: { listFor: () => Promise.reject(new Error('away')) }, vault });
    await expect(mask.mask('w', 'text')).rejects.toThrow('away');
  });
});
