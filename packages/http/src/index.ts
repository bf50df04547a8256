// Server edge: boot, who is calling, bind a route, render a fault.
export { AgentsDoor, cameThroughAgentsDoor } from './agents-door.ts';
export {
  type Admit,
  type Authorize,
  type Binder,
  type Call,
  createBinder,
  type Handler,
  refuseRoutesWithoutContract,
} from './bind-route.ts';
export { type Caller, type CallerKind, describeCaller, isAdminClass, isOpenAnonymous } from './caller.ts';
export { cleanRequestHeaders, cleanResponseHeaders, isUpgrade, type Seen } from './clean-headers.ts';
export { createServer, type ServerOptions } from './create-server.ts';
export { EDGE_HEADER, edgeLookupToken, signEdge, tenantEdgeKey, verifyEdge } from './edge-signature.ts';
export { forward, forwardUpgrade, type Outcome, type Upgrade, type Way } from './forward.ts';
export {
  type CallerEvidence,
  type CredentialMatch,
  type CredentialStore,
  createIdentifier,
  digestOf,
  firstAuthorization,
  type Identify,
  type IdentifyOptions,
  isCrossSite,
  parseBearer,
  platformSessionId,
} from './identify-caller.ts';
export { isText, isTooDeep } from './json-limits.ts';
export { type ApiInfo, describeApi } from './openapi.ts';
export { API_PAGE_STYLE, renderApiPage } from './openapi-page.ts';
export { parseCookies } from './parse-cookies.ts';
export { PLATFORM_COOKIES, pickPlatformCookies } from './platform-cookies.ts';
export { type RenderedFault, renderFault, STATUS_OF_FAULT, sendFault, toFault } from './render-fault.ts';
export { API_POLICY, addSecurityHeaders, PAGE_POLICY } from './security-headers.ts';
