// Relayed card: no address but the relay's (R1), and whole for clients of either version (R2).

import { describe, expect, it } from 'vitest';
import { relayedCard } from './relayed-card.ts';

const RELAY = 'http://tenant.example/workspaces/w/a2a';

describe('a relayed card', () => {
  it('shows no address of the agent itself (R1)', () => {
    const card = {
      name: 'Agent',
      url: 'http://10.0.0.7:8000/',
      preferredTransport: 'GRPC',
      additionalInterfaces: [{ url: 'http://10.0.0.7:8001/', transport: 'GRPC' }],
      supportedInterfaces: [
        { url: 'http://10.0.0.7:8000/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
        { url: 'http://10.0.0.7:8000/', protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
        { url: 'http://10.0.0.7:8001/', protocolBinding: 'GRPC', protocolVersion: '1.0' },
      ],
    };
    const shown = relayedCard(card, 'Agent', RELAY);
    expect(JSON.stringify(shown)).not.toContain('10.0.0.7');
    expect(shown).toMatchObject({ url: RELAY, preferredTransport: 'JSONRPC' });
    expect(shown.supportedInterfaces).toEqual([
      { url: RELAY, protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: '' },
      { url: RELAY, protocolBinding: 'JSONRPC', protocolVersion: '0.3', tenant: '' },
    ]);
  });

  it('of an agent that said nothing but its name is whole (R2)', () => {
    expect(relayedCard({ name: 'Agent' }, 'Role', RELAY)).toEqual({
      name: 'Agent',
      description: '',
      version: '1.0.0',
      url: RELAY,
      preferredTransport: 'JSONRPC',
      protocolVersion: '0.3.0',
      capabilities: {},
      defaultInputModes: ['text/plain'],
      defaultOutputModes: ['text/plain'],
      skills: [],
      supportedInterfaces: [{ url: RELAY, protocolBinding: 'JSONRPC', protocolVersion: '0.3', tenant: '' }],
    });
  });

  it.each([
    [['write'], [{ id: 'write', name: 'write', description: 'write', tags: [] }]],
    [[{ name: 'write' }], [{ id: 'write', name: 'write', description: 'write', tags: [] }]],
    [
      [{ id: 'w', name: 'write', tags: ['a'] }],
      [{ id: 'w', name: 'write', description: 'write', tags: ['a'] }],
    ],
    ['write', []],
    [[null, 7], []],
  ])('with skills %j lists %j', (skills, listed) => {
    expect(relayedCard({ skills }, 'Role', RELAY).skills).toEqual(listed);
  });
});
