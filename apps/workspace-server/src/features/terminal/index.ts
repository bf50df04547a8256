// Terminal: a shell in the unit of a workspace.

export { bindTerminalSocket, type TerminalDeps } from './terminal-socket.ts';
