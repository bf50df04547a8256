// Redact secrets: what looks like a credential is replaced, once, and a line of JSON stays JSON.

import { describe, expect, it } from 'vitest';
import { redactSecrets } from './redact-secrets.ts';
import { formatToken } from './token-format.ts';

const pem = (kind: string) =>
  [`-----BEGIN ${kind}KEY-----`, 'MIIabc/+=', `-----END ${kind}KEY-----`].join('\n');
const jwt = [`eyJ${'a'.repeat(20)}`, `eyJ${'b'.repeat(20)}`, 'c'.repeat(20)].join('.');

describe('redactSecrets', () => {
  it.each([
    ['key sk-abcdefghijklmnop1234', 'key [REDACTED:SK_TOKEN]'],
    ['OPENAI_API_KEY=abc123', '[REDACTED:API_KEY]'],
    ['openai_api_key = abc123 then', '[REDACTED:API_KEY] then'],
    ['DB_PASSWORD: hunter2', '[REDACTED:PASSWORD]'],
    ['Authorization: Bearer abcdefgh12345678', 'Authorization: [REDACTED:BEARER_TOKEN]'],
    [`ghp_${'a'.repeat(36)}`, '[REDACTED:GITHUB_PAT]'],
    ['AKIAABCDEFGHIJKLMNOP', '[REDACTED:AWS_ACCESS_KEY]'],
    ['ctx7_abc123', '[REDACTED:CTX7_TOKEN]'],
    [`xoxb-${'1'.repeat(12)}-abc`, '[REDACTED:SLACK_TOKEN]'],
    [`a jwt ${jwt} there`, 'a jwt [REDACTED:JWT] there'],
    [`before ${pem('RSA PRIVATE ')} after`, 'before [REDACTED:PRIVATE_KEY] after'],
    [pem('PUBLIC '), pem('PUBLIC ')],
    [formatToken('x'.repeat(43), 'workspace'), '[REDACTED:WORKSPACE_TOKEN]'],
    ['nothing to hide here', 'nothing to hide here'],
    ['the token: one of many', 'the token: one of many'],
  ])('%j becomes %j, also the second time', (text, redacted) => {
    expect(redactSecrets(text)).toBe(redacted);
    expect(redactSecrets(redacted)).toBe(redacted);
  });

  it('leaves a line of JSON readable', () => {
    const line = JSON.stringify({
      text: `OPENAI_API_KEY=abc123 "MY_TOKEN=x" ${pem('PRIVATE ')}`,
      api_key: ['A_SECRET: s3cret', 1],
      n: 1,
    });
    const shown = redactSecrets(line);
    expect(shown).not.toMatch(/abc123|s3cret|MIIabc/);
    expect(JSON.parse(shown)).toMatchObject({ n: 1 });
  });
});
