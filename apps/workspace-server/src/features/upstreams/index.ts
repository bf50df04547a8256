// Upstreams: what a tenant hands on to its platform or to a canvas elsewhere, and what it asks the platform about people.

export { bindUpstreams, type UpstreamDeps } from './bind-upstreams.ts';
export { PlatformMembers } from './platform-members.ts';
