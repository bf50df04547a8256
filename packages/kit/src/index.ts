// Leaves that every process needs: settings, log, clock, backoff, locks, shutdown, supervised loops.
export { type BackoffOptions, backoffMs } from './backoff.ts';
export { type Clock, systemClock } from './clock.ts';
export { KeyedLock } from './keyed-lock.ts';
export { createLog, type Log, type LogOptions } from './log.ts';
export { QueueFull } from './queue-full.ts';
export {
  generateSealingKey,
  openSeal,
  openUnplacedSeal,
  parseSealingKey,
  SealBroken,
  type SealingKey,
  seal,
} from './sealing.ts';
export { Secret } from './secret.ts';
export { Semaphore } from './semaphore.ts';
export {
  defineSettings,
  printEnvExample,
  readSettings,
  type Setting,
  SettingsError,
  type SettingsOf,
  setting,
} from './settings.ts';
export { Shutdown, type ShutdownReport } from './shutdown.ts';
export { singleFlight } from './single-flight.ts';
export { type Loop, type LoopHealth, Supervisor } from './supervisor.ts';
export { DeadlineExceeded, withDeadline } from './with-deadline.ts';
