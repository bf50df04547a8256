// Redact secrets: what looks like a credential is replaced, once.

import { formatToken } from '@molecule/domain';
import { describe, expect, it } from 'vitest';
import { redactSecrets } from './redact-secrets.ts';

describe('redactSecrets', () => {
  it.each([
    ['key sk-abcdefghijklmnop1234', 'key [REDACTED:SK_TOKEN]'],
    ['OPENAI_API_KEY=abc123', '[REDACTED:API_KEY]'],
    ['Authorization: Bearer abcdefgh12345678', 'Authorization: [REDACTED:BEARER_TOKEN]'],
    [`ghp_${'a'.repeat(36)}`, '[REDACTED:GITHUB_PAT]'],
    ['AKIAABCDEFGHIJKLMNOP', '[REDACTED:AWS_ACCESS_KEY]'],
    [formatToken('x'.repeat(43), 'workspace'), '[REDACTED:WORKSPACE_TOKEN]'],
    ['nothing to hide here', 'nothing to hide here'],
  ])('%j becomes %j, also the second time', (text, redacted) => {
    expect(redactSecrets(text)).toBe(redacted);
    expect(redactSecrets(redacted)).toBe(redacted);
  });
});
