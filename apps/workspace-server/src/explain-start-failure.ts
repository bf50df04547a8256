// Explain start failure: one clear sentence that says what to do, whatever kept the server from starting.

import { SettingsError } from '@molecule/kit';

export function explainStartFailure(error: unknown): string {
  if (error instanceof SettingsError) return `Molecule cannot start: ${error.message}`;
  const { code, port, message, stack } = error as {
    code?: string;
    port?: number;
    message?: string;
    stack?: string;
  };
  switch (code) {
    case 'EADDRINUSE':
      return `Molecule cannot start: port ${port} is in use. Stop what uses it, or choose another: PORT=${(port ?? 8080) + 1} npm start`;
    case 'EACCES':
      return `Molecule cannot start: permission denied (${message}). Choose a folder or port that you may use: MOLECULE_DATA_DIR, PORT`;
    case 'ENOSPC':
      return 'Molecule cannot start: the disk is full. Free some space and start again.';
    case 'EADDRNOTAVAIL':
      return `Molecule cannot start: this machine has no address ${(error as { address?: string }).address}. Set HOST=127.0.0.1`;
    default:
      // Errors that were made to be read carry their sentence as the message; anything else is a bug and shows its stack.
      return (error as { isForPeople?: boolean }).isForPeople === true
        ? `Molecule cannot start: ${message}`
        : `Molecule cannot start: ${stack ?? String(error)}`;
  }
}
