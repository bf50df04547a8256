// Request keys: what a client names by an `Idempotency-Key` happens once.
export { type Claim, doOnce, type RequestKeyStore } from './do-once.ts';
export { type RequestKey, readRequestKey } from './request-key.ts';
