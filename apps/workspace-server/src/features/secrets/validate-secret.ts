// Validate secret: whether a key has the form of its provider's keys. It is looked at here and sent nowhere.

const FORMS: Readonly<Record<string, { name: string; form: RegExp; begins: string }>> = {
  anthropic: { name: 'Anthropic', form: /^sk-ant-[\w-]{16,}$/, begins: 'sk-ant-' },
  openai: { name: 'OpenAI', form: /^sk-[\w-]{16,}$/, begins: 'sk-' },
  openrouter: { name: 'OpenRouter', form: /^sk-or-[\w-]{16,}$/, begins: 'sk-or-' },
  google: { name: 'Google', form: /^AIza[\w-]{30,}$/, begins: 'AIza' },
  groq: { name: 'Groq', form: /^gsk_\w{16,}$/, begins: 'gsk_' },
  cerebras: { name: 'Cerebras', form: /^csk-[\w-]{16,}$/, begins: 'csk-' },
  github: { name: 'GitHub', form: /^(gh[pousr]_\w{20,}|github_pat_\w{40,})$/, begins: 'ghp_ or github_pat_' },
};

const ALIASES: Readonly<Record<string, string>> = { gemini: 'google', google_genai: 'google' };

export function validateSecret(provider: string, key: string): { valid: boolean; error?: string } {
  if (key.trim() === '') return { valid: false, error: 'the key is empty' };
  if (key !== key.trim()) return { valid: false, error: 'the key begins or ends with white space' };
  if (/[\0\r\n]/.test(key)) return { valid: false, error: 'the key has a line break in it' };
  const asked = provider.trim().toLowerCase();
  const name = Object.hasOwn(ALIASES, asked) ? (ALIASES[asked] ?? asked) : asked;
  const rule = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
  // Of other providers nothing is known that a key would have to be like.
  if (!rule || rule.form.test(key)) return { valid: true };
  return { valid: false, error: `a key of ${rule.name} begins with ${rule.begins} and is longer` };
}
