// Relayed card: the card of a role as its callers see it, with the relay as its only address.
//
//   R1. No address of the agent itself is shown: a caller that spoke to it directly would go past the chart's rules.
//   R2. A card of a published agent may be as short as a name; what A2A 0.3 requires of a card (section 5.5) is filled in,
//       and an interface stands in the words of 1.0 too (section 4.4), so that clients of either version find theirs.

type Card = Readonly<Record<string, unknown>>;

const BINDING = 'JSONRPC';
const DEFAULT_VERSION = '0.3.0';
const MODES = ['text/plain'];

/** Pure. `url`: the relay's address of this role. */
export function relayedCard(card: object, name: string, url: string): Record<string, unknown> {
  const known = card as Card;
  const { additionalInterfaces: _direct, ...rest } = known;
  const version = typeof known.protocolVersion === 'string' ? known.protocolVersion : DEFAULT_VERSION;
  return {
    name,
    description: '',
    version: '1.0.0',
    capabilities: {},
    defaultInputModes: MODES,
    defaultOutputModes: MODES,
    ...rest,
    skills: listOf(known.skills).map(describeSkill),
    url,
    preferredTransport: BINDING,
    protocolVersion: version,
    supportedInterfaces: versionsOf(known, version).map((protocolVersion) => ({
      url,
      protocolBinding: BINDING,
      protocolVersion,
      tenant: '',
    })),
  };
}

/** Those that the agent speaks over JSON-RPC, which is what the relay carries. */
function versionsOf(card: Card, version: string): string[] {
  const versions = listOf(card.supportedInterfaces)
    .filter((entry) => entry.protocolBinding === BINDING && typeof entry.protocolVersion === 'string')
    .map((entry) => entry.protocolVersion as string);
  return versions.length > 0 ? [...new Set(versions)] : [version.split('.').slice(0, 2).join('.')];
}

function describeSkill(skill: Card): Card {
  const name = String(skill.name ?? skill.id ?? 'skill');
  return { id: name, name, description: name, tags: [], ...skill };
}

/** Skills came as plain names too. */
function listOf(value: unknown): Card[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry === 'string') return [{ name: entry }];
    return typeof entry === 'object' && entry !== null ? [entry as Card] : [];
  });
}
