// Terms: what whoever makes an organisation agrees to. An operator replaces the text by that of the service they run.

export const TERMS = {
  version: '1',
  updated_at: '2026-01-01T00:00:00.000Z',
  text: [
    'This platform gives each organisation a tenant of its own.',
    'The platform keeps your account, your memberships and what it needs to run the tenant.',
    'It keeps nothing of what happens inside the tenant.',
    'Whoever runs this installation answers for it.',
  ].join(' '),
} as const;
