// Plugin fault: the failures of the plugin wire, each a status and a code of the contract. Anything else is a bug.

import type { memoryPlugin } from '@molecule/contracts';

export class PluginFault extends Error {
  override readonly name = 'PluginFault';
  readonly status: number;
  readonly code: memoryPlugin.PluginError['code'];
  readonly details: Record<string, unknown> | undefined;

  constructor(
    status: number,
    code: memoryPlugin.PluginError['code'],
    message: string,
    details?: Record<string, unknown>,
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export const pluginFaults = {
  badRequest: (message: string, details?: Record<string, unknown>) =>
    new PluginFault(400, 'bad_request', message, details),
  unauthorised: () => new PluginFault(401, 'forbidden', 'a valid bearer token is required'),
  notFound: (message: string) => new PluginFault(404, 'not_found', message),
  /** An id that is taken stays where it is: guessing it must not move or overwrite a foreign memory. */
  namespaceMismatch: () =>
    new PluginFault(409, 'bad_request', 'the id belongs to a memory of another namespace', {
      reason: 'namespace_mismatch',
    }),
  tooLarge: () => new PluginFault(413, 'bad_request', 'the request body is too large'),
  unavailable: () => new PluginFault(503, 'unavailable', 'the store is not available; retry shortly'),
  internal: () => new PluginFault(500, 'internal', 'internal error'),
} as const;
