// Typed callers built from the contracts.
export { buildPath, type Call, CallError, type CallInput, type ClientOptions, createClient } from './call.ts';
