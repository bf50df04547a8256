// Rehearsal: the engine without a model. It does by script what a script can honestly do, and says that it is one.

import type { Engine, EngineContext, EngineEvent, EngineFactory, Turn } from '../engine.ts';
import { EngineFailure } from '../engine-failure.ts';
import { defaultReply } from './default-reply.ts';
import { runScript } from './run-script.ts';
import { ScriptFile } from './script-file.ts';
import { MARK } from './speech.ts';
import { obeyControl } from './test-controls.ts';

const NAME = 'rehearsal';

export const rehearsalEngine: EngineFactory = {
  name: NAME,
  isSimulated: true,
  check: (config) => {
    try {
      new ScriptFile(config).readNow();
      return [];
    } catch (error) {
      if (error instanceof EngineFailure) return [error.message];
      throw error;
    }
  },
  create: async (context) => new RehearsalEngine(context),
};

class RehearsalEngine implements Engine {
  readonly name = NAME;
  readonly isSimulated = true;
  readonly #context: EngineContext;
  #script: ScriptFile | null = null;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  async *run(turn: Turn): AsyncGenerator<EngineEvent> {
    turn.signal.throwIfAborted();
    // News about its own restart is nothing to work on.
    if (turn.metadata.restart_context === true) return yield { type: 'text', delta: `Noted.\n\n${MARK}` };
    const { config, tools, clock } = this.#context;
    this.#script ??= new ScriptFile(config);
    const script = await this.#script.read();
    if (script === null) return yield* this.#runWithoutScript(turn);
    const { name, role, description } = config.file;
    const self = { name, role: role || description, configDir: config.configDir };
    yield* runScript(script, turn, { self, tools, clock, paceMs: config.file.rehearsal.pace_ms });
  }

  async *#runWithoutScript(turn: Turn): AsyncGenerator<EngineEvent> {
    const { config, clock } = this.#context;
    const control = config.file.rehearsal.test_controls ? obeyControl(turn, { clock }) : null;
    if (control) return yield* control;
    yield { type: 'text', delta: defaultReply(turn, config.file.name) };
  }
}
