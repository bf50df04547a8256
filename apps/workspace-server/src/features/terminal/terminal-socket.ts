// Terminal socket: a shell in the unit of a workspace, on a WebSocket.
//
//   T1. Who may open one is decided before the upgrade; when the credential is revoked its sockets close at once.
//   T2. A shell ends with its socket, however that ends; a socket ends with its shell.
//   T3. Thirty minutes without input, or a client that does not take the output, end both.
//   T4. Start and end are recorded with who it was, never what was typed or shown.

import type { WebSocket } from '@fastify/websocket';
import { units as contract } from '@molecule/contracts';
import { type Fault, faults, LIMITS, TIMEOUTS_MS, type WorkspaceState } from '@molecule/domain';
import { type Binder, type Caller, describeCaller, toFault } from '@molecule/http';
import type { Clock, Log } from '@molecule/kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Followers, UpgradeGate } from '../access/index.ts';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';

const CLOSE_ENDED = 1000;
const CLOSE_POLICY = 1008;
const CLOSE_TOO_BIG = 1009;
const CLOSE_TRY_AGAIN = 1013;
const CLOSE_IDLE = 4408;
const REASON_BYTES = 120;

/** As the backends give it. */
export interface Shell {
  onOutput(listener: (bytes: Uint8Array) => void): void;
  onExit(listener: () => void): void;
  write(bytes: Uint8Array): void;
  resize(columns: number, rows: number): void;
  close(): void;
}

export interface TerminalDeps {
  directory: WorkspaceDirectory;
  followers: Followers;
  gate: UpgradeGate;
  open(workspace: WorkspaceState, columns: number, rows: number): Promise<Shell>;
  /** Writes the audit event. */
  record(workspaceId: string, act: 'terminal_opened' | 'terminal_closed', actor: string): Promise<void>;
  clock: Clock;
  log: Log;
}

export function bindTerminalSocket(app: FastifyInstance, binder: Binder, deps: TerminalDeps): void {
  const open = new Map<string, number>();
  binder.adopt(contract.openTerminal);
  const gate = deps.gate(contract.openTerminal, (request) => {
    const { id } = requireWorkspace(deps.directory, idOf(request));
    if ((open.get(id) ?? 0) >= LIMITS.terminalsPerWorkspace) throw faults.queueFull(60);
  });
  app.route({
    method: 'GET',
    url: contract.openTerminal.path,
    exposeHeadRoute: false,
    config: { contract: contract.openTerminal },
    preValidation: gate,
    wsHandler: (socket: WebSocket, request: FastifyRequest) => {
      const { id } = requireWorkspace(deps.directory, idOf(request));
      open.set(id, (open.get(id) ?? 0) + 1);
      socket.on('close', () => open.set(id, (open.get(id) ?? 1) - 1));
      attach(socket, request, deps).catch((error: unknown) => {
        const fault = toFault(error);
        deps.log.warn({ err: error, workspaceId: id }, 'a terminal could not be opened');
        socket.close(closeCodeOf(fault), fault.message.slice(0, REASON_BYTES));
      });
    },
    handler: async () => {
      throw faults.invalidRequest('this address speaks WebSocket only');
    },
  });
}

async function attach(socket: WebSocket, request: FastifyRequest, deps: TerminalDeps): Promise<void> {
  const caller = request.caller as Caller;
  const workspace = requireWorkspace(deps.directory, idOf(request));
  const { cols, rows } = contract.openTerminal.query?.parse(request.query) ?? { cols: 80, rows: 24 };
  const typedEarly: Buffer[] = [];
  let shell: Shell | null = null;
  let isClosed = false;
  const idle = idleWatch(deps.clock, () => socket.close(CLOSE_IDLE, 'no input for thirty minutes'));
  const forget = deps.followers.add(caller, () => socket.close(CLOSE_POLICY, 'credential revoked'));
  const actor = describeCaller(caller);
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, isBinary) => {
    idle.touch();
    const bytes = toBuffer(data);
    const size = isBinary ? null : parseResize(bytes);
    if (size) shell?.resize(size.cols, size.rows);
    else if (shell) shell.write(bytes);
    else if (typedEarly.length < LIMITS.terminalEarlyFrames) typedEarly.push(bytes);
    else socket.close(CLOSE_TOO_BIG, 'too much input before the terminal was there');
  });
  socket.on('close', () => {
    isClosed = true;
    idle.stop();
    forget();
    if (!shell) return;
    shell.close();
    note(deps, workspace.id, 'terminal_closed', actor);
  });

  const opened = await deps.open(workspace, cols, rows);
  if (isClosed) {
    opened.close();
    return;
  }
  shell = opened;
  note(deps, workspace.id, 'terminal_opened', actor);
  opened.onOutput((bytes) => {
    if (socket.readyState !== socket.OPEN) return;
    // T3. What a person sees is worth little once it is megabytes old.
    if (socket.bufferedAmount > LIMITS.terminalBufferedBytes) {
      socket.close(CLOSE_TRY_AGAIN, 'too slow: open the terminal again');
      return;
    }
    socket.send(bytes, { binary: true });
  });
  opened.onExit(() => socket.close(CLOSE_ENDED, 'the shell ended'));
  for (const bytes of typedEarly.splice(0)) opened.write(bytes);
}

/** An audit row that cannot be written is said in the log; the terminal goes on. */
function note(
  deps: TerminalDeps,
  workspaceId: string,
  act: 'terminal_opened' | 'terminal_closed',
  actor: string,
): void {
  deps.record(workspaceId, act, actor).catch((error: unknown) => {
    deps.log.error({ err: error, workspaceId, act, actor }, 'an audit event could not be written');
  });
}

/** Ends a socket that had no input for the whole time. Looks again when the time since the last input would be over. */
function idleWatch(clock: Clock, end: () => void): { touch(): void; stop(): void } {
  const stopped = new AbortController();
  let touchedAt = clock.now();
  const watch = async () => {
    while (!stopped.signal.aborted) {
      const left = touchedAt + TIMEOUTS_MS.terminalIdle - clock.now();
      if (left <= 0) return end();
      // Rejects when stopped.
      await clock.sleep(left, stopped.signal).catch(() => undefined);
    }
  };
  void watch();
  return {
    touch: () => {
      touchedAt = clock.now();
    },
    stop: () => stopped.abort(),
  };
}

/** A text frame that is a resize; every other frame is typed. */
export function parseResize(bytes: Buffer): { cols: number; rows: number } | null {
  if (bytes.byteLength > 200 || bytes[0] !== 0x7b) return null;
  try {
    const frame = JSON.parse(bytes.toString('utf8')) as { type?: unknown; cols?: unknown; rows?: unknown };
    if (frame.type !== 'resize' || !isCells(frame.cols) || !isCells(frame.rows)) return null;
    return { cols: frame.cols, rows: frame.rows };
  } catch {
    return null;
  }
}

function isCells(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LIMITS.terminalCells;
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

function closeCodeOf(fault: Fault): number {
  switch (fault.code) {
    case 'NOT_RUNNING':
      return 4409;
    case 'UNSUPPORTED_ON_BACKEND':
    case 'NO_BACKEND':
      return 4501;
    default:
      return CLOSE_TRY_AGAIN;
  }
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}
