// Secret: whatever one does to print it, the value does not come out.
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from './secret.ts';

const secret = Secret.of('canary');

it.each([
  ['a template', () => `${secret}`],
  ['JSON', () => JSON.stringify({ secret, list: [secret] })],
  ['inspect', () => inspect({ secret }, { showHidden: true, depth: 9 })],
  ['its own keys', () => JSON.stringify({ ...secret, keys: Reflect.ownKeys(secret) })],
  ['a copy', () => inspect(structuredClone({ ...secret }))],
])('does not come out by %s', (_, print) => {
  expect(print()).not.toContain('canary');
});

it('is revealed where it is asked to be', () => {
  expect(secret.reveal()).toBe('canary');
});
