// Relay: A2A messages on their way to a workspace.
export { checkAgentUrl, type GuardOptions } from './address-guard.ts';
export { addressOf } from './address-of.ts';
export { AgentConnections } from './agent-connection.ts';
export { errorOfReply, isFailedTask, textOfReply } from './agent-reply.ts';
export { type Envelope, isObject, parseEnvelope } from './envelope.ts';
export { type RelayAnswer, type RelayDeps, type RelayInput, relayMessage } from './relay-message.ts';
export { bindRelayRoutes, type RelayRouteDeps } from './routes.ts';
