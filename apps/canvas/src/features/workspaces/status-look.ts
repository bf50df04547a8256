// Status look: how each status reads, which drawing and which colour it has. Colour is never the only sign.

import type { WorkspaceStatus } from '@molecule/domain';
import type { IconName } from '../../ui/icon.tsx';

export type Tone = 'well' | 'motion' | 'warn' | 'fail' | 'rest';

export interface StatusLook {
  label: string;
  icon: IconName;
  tone: Tone;
  /** What it means, and what it waits for. */
  meaning: string;
}

export const STATUS_LOOKS: Record<WorkspaceStatus, StatusLook> = {
  provisioning: {
    label: 'Starting',
    icon: 'starting',
    tone: 'motion',
    meaning: 'The agent is being started and will be online by itself.',
  },
  awaiting_agent: {
    label: 'Waiting for agent',
    icon: 'waiting',
    tone: 'rest',
    meaning: 'This workspace waits for its own agent to connect.',
  },
  online: { label: 'Online', icon: 'online', tone: 'well', meaning: 'The agent is up and takes messages.' },
  degraded: {
    label: 'Degraded',
    icon: 'degraded',
    tone: 'warn',
    meaning: 'The agent is up, but much of its recent work failed.',
  },
  offline: {
    label: 'Offline',
    icon: 'offline',
    tone: 'warn',
    meaning: 'The agent stopped answering. It is restarted by itself; messages wait for it.',
  },
  failed: {
    label: 'Failed',
    icon: 'failed',
    tone: 'fail',
    meaning: 'The agent could not be started. It needs a person: read why, then restart it.',
  },
  paused: {
    label: 'Paused',
    icon: 'paused',
    tone: 'rest',
    meaning: 'A person paused it. Resume it to go on.',
  },
  hibernating: {
    label: 'Falling asleep',
    icon: 'resting',
    tone: 'rest',
    meaning: 'It was idle for long; its process is being stopped.',
  },
  hibernated: {
    label: 'Asleep',
    icon: 'resting',
    tone: 'rest',
    meaning: 'Its process is stopped to save the host. The next message wakes it.',
  },
  removed: { label: 'Removed', icon: 'trash', tone: 'rest', meaning: 'It is gone.' },
};

export const TONE_TEXT: Record<Tone, string> = {
  well: 'text-well',
  motion: 'text-motion',
  warn: 'text-warn',
  fail: 'text-fail',
  rest: 'text-ink-soft',
};

export const TONE_SOFT: Record<Tone, string> = {
  well: 'bg-well-soft',
  motion: 'bg-motion-soft',
  warn: 'bg-warn-soft',
  fail: 'bg-fail-soft',
  rest: 'bg-sunken',
};
