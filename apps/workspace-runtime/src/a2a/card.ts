// Card: what this agent says about itself, in the words of A2A 1.0 and 0.3 at once; readers of either find theirs.

import type { ConfigFile } from '../load-config-file.ts';

export const SIMULATED_EXTENSION = 'https://molecule.dev/a2a/simulated/v1';
const MODES = ['text/plain', 'application/json'];

export interface CardInput {
  file: ConfigFile;
  url: string;
  engineName: string;
  isSimulated: boolean;
}

export type ServedCard = ReturnType<typeof buildCard>;

export function buildCard({ file, url, engineName, isSimulated }: CardInput) {
  const about = file.description || file.role;
  const suggestedTask = file.molecule.suggested_task;
  return {
    name: file.name,
    description: isSimulated
      ? `${about}${about ? ' ' : ''}(Simulated: a script answers, no model is asked.)`
      : about,
    version: file.version,
    url,
    preferredTransport: 'JSONRPC',
    protocolVersion: '0.3.0',
    supportedInterfaces: ['1.0', '0.3'].map((protocolVersion) => ({
      url,
      protocolBinding: 'JSONRPC',
      protocolVersion,
      tenant: '',
    })),
    // Push notifications are not served, whatever the file wishes for: a card must not promise them.
    capabilities: {
      streaming: file.a2a.streaming,
      pushNotifications: false,
      extendedAgentCard: false,
      extensions: isSimulated ? [simulatedExtension()] : [],
    },
    defaultInputModes: MODES,
    defaultOutputModes: MODES,
    skills: file.skills.map((name) => ({
      id: name,
      name,
      description: name,
      tags: [] as string[],
      examples: [] as string[],
    })),
    molecule: {
      engine: engineName,
      simulated: isSimulated,
      ...(suggestedTask === '' ? {} : { suggested_task: suggestedTask }),
    },
  };
}

function simulatedExtension() {
  return {
    uri: SIMULATED_EXTENSION,
    description:
      'Every answer of this agent is scripted; messages and artifacts carry metadata.simulated = true.',
    required: false,
    params: {},
  };
}
