// Redact secrets: the one list of what credentials look like. What matches is replaced by its label. Idempotent.

const VALUE = String.raw`\s*[=:]\s*(?!\[REDACTED)[^\s"'\\[\],}][^\s"'\\]*`;

/** Most specific first; none matches a quote or a backslash, so that a redacted line of JSON stays JSON. */
export const SECRET_PATTERNS: readonly (readonly [label: string, pattern: RegExp])[] = [
  [
    'PRIVATE_KEY',
    /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[A-Za-z0-9+/=\s]|\\n)*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g,
  ],
  ['API_KEY', new RegExp(String.raw`\b[A-Z0-9_]*API_KEY${VALUE}`, 'gi')],
  ['TOKEN', new RegExp(String.raw`\b[A-Z0-9_]*_TOKEN${VALUE}`, 'gi')],
  ['TOKEN', new RegExp(String.raw`\bTOKEN${VALUE}`, 'g')],
  ['SECRET', new RegExp(String.raw`\b[A-Z0-9_]*_SECRET${VALUE}`, 'gi')],
  ['SECRET', new RegExp(String.raw`\bSECRET${VALUE}`, 'g')],
  ['PASSWORD', new RegExp(String.raw`\b[A-Z0-9_]*_PASSWORD${VALUE}`, 'gi')],
  ['BEARER_TOKEN', /\bBearer\s+[A-Za-z0-9._~+/=-]{8,}/gi],
  ['SK_TOKEN', /\bsk-[A-Za-z0-9_-]{16,}/g],
  ['CTX7_TOKEN', /\bctx7_[A-Za-z0-9]+/g],
  ['GITHUB_PAT', /\bghp_[A-Za-z0-9]{20,}/g],
  ['GITHUB_SERVER_TOKEN', /\bgh[osur]_[A-Za-z0-9]{20,}/g],
  ['GITHUB_PAT_V2', /\bgithub_pat_[A-Za-z0-9_]{60,}/g],
  ['GITLAB_PAT', /\bglpat-[A-Za-z0-9_-]{20,}/g],
  ['AWS_ACCESS_KEY', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ['GOOGLE_API_KEY', /\bAIza[0-9A-Za-z_-]{30,}/g],
  ['CF_TOKEN', /\bcfut_[A-Za-z0-9_-]{32,}/g],
  ['SLACK_TOKEN', /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g],
  ['BOT_TOKEN', /\b\d{8,10}:[A-Za-z0-9_-]{35}\b/g],
  ['JWT', /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g],
  ['MOL_PK', /\bmol_pk_[A-Za-z0-9_]{20,}/g],
  ['WORKSPACE_TOKEN', /\b[A-Za-z0-9_-]{43}_[woasc][0-9A-Za-z]{6}\b/g],
];

export function redactSecrets(text: string): string {
  let out = text;
  for (const [label, pattern] of SECRET_PATTERNS) out = out.replace(pattern, `[REDACTED:${label}]`);
  return out;
}
