// Relay: A2A messages on their way to a workspace.
export {
  checkAgentUrl,
  checkDispatchUrl,
  type GuardOptions,
  guardedLookup,
  isUrlDispatchable,
} from './address-guard.ts';
export { addressOf } from './address-of.ts';
export { AgentConnections } from './agent-connection.ts';
export { errorOfReply, isFailedTask, textOfReply } from './agent-reply.ts';
export { type Envelope, isObject, parseEnvelope } from './envelope.ts';
export { Inbox, textOfEnded } from './inbox.ts';
export type { DelegationOfMessage, InboxEnd, InboxStore, QueuedMessage } from './inbox-store.ts';
export { type MessageKeyStore, MessageKeys } from './message-keys.ts';
export { OpenChains } from './open-chains.ts';
export type { RelayAnswer, RelayInput, SenderId } from './relay-call.ts';
export {
  deliverQueued,
  type FetchedAnswer,
  isLeftToFetch,
  type RelayDeps,
  relayMessage,
} from './relay-message.ts';
export { bindRelayRoutes, type RelayRouteDeps } from './routes.ts';
export { type QuietDeps, sendQuietly } from './send-quietly.ts';
