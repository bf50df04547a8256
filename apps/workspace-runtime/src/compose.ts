// Compose: the only place that builds the real parts of this process and ties them together.

import { LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import { backoffMs, type Clock, type Log, Supervisor, systemClock } from '@molecule/kit';
import type { FastifyInstance } from 'fastify';
import { createAnswerer } from './a2a/answer-request.ts';
import { buildCard } from './a2a/card.ts';
import { TurnExecutor } from './a2a/executor.ts';
import { AgentRequestHandler } from './a2a/request-handler.ts';
import { createAgentServer } from './a2a/server.ts';
import { SessionTranscript } from './a2a/session-transcript.ts';
import { TaskMemory } from './a2a/task-memory.ts';
import { TaskSlots } from './a2a/task-slots.ts';
import type { RuntimeConfig } from './config.ts';
import { Connection } from './connect/connect.ts';
import { createPlatform, type Platform, WorkspaceGone } from './connect/platform.ts';
import { TokenStore } from './connect/token-store.ts';
import { Drain } from './drain.ts';
import { loadEngine } from './engines/choose-engine.ts';
import type { Engine } from './engines/engine.ts';
import { Heartbeat } from './heartbeat.ts';
import { DelegationInbox } from './inbox.ts';
import { sendInitialPrompt } from './initial-prompt.ts';
import { assemblePrompt } from './prompt/assemble-prompt.ts';
import { createToolSet } from './tools/tool-set.ts';
import { Workload } from './workload.ts';

/** Messages that wait for a slot; the server keeps the rest. */
export const WAITING_TASKS = 32;

export interface Runtime {
  server: FastifyInstance;
  engine: Engine;
  executor: TurnExecutor;
  connection: Connection;
  heartbeat: Heartbeat;
  platform: Platform;
  supervisor: Supervisor;
  drain: Drain;
  tokens: TokenStore;
  problems: readonly string[];
  /** Called once the listening address is known. */
  listening(url: string): void;
  greet(signal: AbortSignal): Promise<void>;
}

export async function compose(
  config: RuntimeConfig,
  log: Log,
  onGone: (reason: string) => void,
): Promise<Runtime> {
  const clock = systemClock;
  const factory = await loadEngine(config.engine);
  const problems = [...missingEnvironment(config), ...factory.check(config)];
  const tokens = new TokenStore(config.tokenDir, config.token?.reveal() ?? null);
  await tokens.reload();
  const platform = createPlatform({
    baseUrl: config.platformUrl,
    workspaceId: config.workspaceId,
    tokens,
    maxReplyBytes: LIMITS.a2aResponseBytes,
  });
  const workload = new Workload(clock, problems);
  const inbox = new DelegationInbox({ platform, parentId: () => config.parentId, clock, log });
  const tools = createToolSet({ platform, inbox, delegation: config.delegation, clock, log });
  const engine = await factory.create({
    config,
    systemPrompt: () => assemblePrompt({ configDir: config.configDir, file: config.file, platform, log }),
    tools,
    log,
    clock,
  });
  const card = buildCard({
    file: config.file,
    url: '',
    engineName: engine.name,
    isSimulated: engine.isSimulated,
  });
  const transcript = new SessionTranscript(clock);
  const executor = new TurnExecutor({
    engine,
    workload,
    clock,
    log,
    turnTimeoutMs: turnTimeoutMs(config),
    transcript,
    workspaceDir: config.workspaceDir,
  });
  const drain = new Drain({ executor, log });
  const slots = new TaskSlots({ running: config.file.max_concurrent_tasks, waiting: WAITING_TASKS });
  const handler = new AgentRequestHandler(card, new TaskMemory(), executor);
  const answer = createAnswerer({ handler, executor, slots, isDraining: () => drain.isDraining });
  const server = createAgentServer({
    card: () => card,
    answer,
    token: () => tokens.current,
    health: () => ({
      status: drain.isDraining ? 'draining' : 'ok',
      engine: engine.name,
      registered: connection.isRegistered,
      running: slots.running,
      waiting: slots.waiting,
      problems,
    }),
    runtime: config.file.runtime,
    transcript,
    log,
  });
  const connection = new Connection({ platform, tokens, card: () => card, clock, log });
  const supervisor = new Supervisor(log);
  const heartbeat = new Heartbeat({
    platform,
    connection,
    workload,
    clock,
    log,
    generation: config.generation,
    onGone,
    onBeat: () => supervisor.poke('inbox'),
  });
  supervisor.add({
    name: 'heartbeat',
    intervalMs: TIMEOUTS_MS.heartbeat,
    timeoutMs: 25_000,
    run: (signal) => heartbeat.beat(signal),
  });
  supervisor.add({
    name: 'inbox',
    intervalMs: TIMEOUTS_MS.heartbeat,
    timeoutMs: 180_000,
    run: (signal) => inbox.poll(signal),
  });
  workload.onChange(() => {
    heartbeat.changed();
    supervisor.poke('heartbeat');
  });
  return {
    server,
    engine,
    executor,
    connection,
    heartbeat,
    platform,
    supervisor,
    drain,
    tokens,
    problems,
    listening: (url) => {
      card.url = url;
      for (const address of card.supportedInterfaces) address.url = url;
    },
    greet: async (signal) => {
      await keepTrying(() => inbox.resume(signal), { clock, log, signal });
      const { configDir, tokenDir, file } = config;
      await sendInitialPrompt({ configDir, tokenDir, file, platform, clock, log }, signal);
    },
  };
}

/** The server may go away at any moment, also right after it took the registration: that never ends an agent. */
async function keepTrying(
  work: () => Promise<void>,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      if (error instanceof WorkspaceGone) throw error;
      log.warn({ err: error, attempt }, 'the open delegations could not be asked for yet; trying again');
    }
    await clock.sleep(backoffMs(attempt, { baseMs: 500, maxMs: 15_000 }), signal).catch(() => {
      // Aborted: the loop ends.
    });
  }
}

function missingEnvironment(config: RuntimeConfig): string[] {
  return config.missingEnv.map(
    (name) => `config.yaml requires ${name}: set the secret ${name} of this workspace and restart it.`,
  );
}

function turnTimeoutMs(config: RuntimeConfig): number {
  const seconds = config.file.runtime_config.timeout;
  return seconds > 0 ? seconds * 1000 : TIMEOUTS_MS.a2aCeiling;
}
