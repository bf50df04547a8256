// Platform link: what a hosted tenant hears from the platform that made it. A self-hosted one has none of it.

export { RevocationFollower } from './follow-revocations.ts';
export { refreshEnvironment } from './refresh-environment.ts';
