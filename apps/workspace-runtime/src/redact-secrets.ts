// Redact secrets: replaces what looks like a credential by its label, most specific first. Idempotent.

const PATTERNS: readonly [label: string, pattern: RegExp][] = [
  ['API_KEY', /\b[A-Z0-9_]*API_KEY\s*[=:]\s*[^\s'"[]\S*/g],
  ['TOKEN', /\b[A-Z0-9_]*TOKEN\s*[=:]\s*[^\s'"[]\S*/g],
  ['SECRET', /\b[A-Z0-9_]*SECRET\s*[=:]\s*[^\s'"[]\S*/g],
  ['BEARER_TOKEN', /\bBearer\s+[A-Za-z0-9._~+/=-]{8,}/g],
  ['SK_TOKEN', /\bsk-[A-Za-z0-9_-]{16,}/g],
  ['GITHUB_PAT', /\bghp_[A-Za-z0-9]{20,}/g],
  ['GITHUB_SERVER_TOKEN', /\bghs_[A-Za-z0-9]{20,}/g],
  ['GITHUB_PAT_V2', /\bgithub_pat_[A-Za-z0-9_]{60,}/g],
  ['AWS_ACCESS_KEY', /\bAKIA[0-9A-Z]{16}\b/g],
  ['GOOGLE_API_KEY', /\bAIza[0-9A-Za-z_-]{30,}/g],
  ['CF_TOKEN', /\bcfut_[A-Za-z0-9_-]{32,}/g],
  ['MOL_PK', /\bmol_pk_[A-Za-z0-9_]{20,}/g],
  ['WORKSPACE_TOKEN', /\b[A-Za-z0-9_-]{43}_[woasc][0-9A-Za-z]{6}\b/g],
];

export function redactSecrets(text: string): string {
  let out = text;
  for (const [label, pattern] of PATTERNS) out = out.replace(pattern, `[REDACTED:${label}]`);
  return out;
}
