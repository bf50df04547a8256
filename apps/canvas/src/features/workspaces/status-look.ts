// Status look: how each status reads, which drawing and which colour it has. Colour is never the only sign.

import type { WorkspaceStatus } from '@molecule/domain';
import { say, type WordKey } from '../../languages/say.ts';
import type { IconName } from '../../ui/icon.tsx';

export type Tone = 'well' | 'motion' | 'warn' | 'fail' | 'rest';

export interface StatusLook {
  label: WordKey;
  icon: IconName;
  tone: Tone;
  /** What it means, and what it waits for. */
  meaning: WordKey;
}

export const STATUS_LOOKS: Record<WorkspaceStatus, StatusLook> = {
  provisioning: {
    label: 'workspaces.starting',
    icon: 'starting',
    tone: 'motion',
    meaning: 'workspaces.theAgentIsBeing',
  },
  awaiting_agent: {
    label: 'workspaces.waitingForAgent',
    icon: 'waiting',
    tone: 'rest',
    meaning: 'workspaces.thisWorkspaceWaitsFor',
  },
  online: { label: 'workspaces.online', icon: 'online', tone: 'well', meaning: 'workspaces.theAgentIsUp' },
  degraded: {
    label: 'workspaces.degraded',
    icon: 'degraded',
    tone: 'warn',
    meaning: 'workspaces.theAgentIsUpBut',
  },
  offline: {
    label: 'workspaces.offline',
    icon: 'offline',
    tone: 'warn',
    meaning: 'workspaces.theAgentStoppedAnswering',
  },
  failed: {
    label: 'workspaces.failed',
    icon: 'failed',
    tone: 'fail',
    meaning: 'workspaces.theAgentCouldNot',
  },
  paused: {
    label: 'workspaces.paused',
    icon: 'paused',
    tone: 'rest',
    meaning: 'workspaces.aPersonPausedIt',
  },
  hibernating: {
    label: 'workspaces.fallingAsleep',
    icon: 'resting',
    tone: 'rest',
    meaning: 'workspaces.itWasIdleFor',
  },
  hibernated: {
    label: 'workspaces.asleep',
    icon: 'resting',
    tone: 'rest',
    meaning: 'workspaces.itsProcessIsStopped',
  },
  removed: { label: 'workspaces.removed', icon: 'trash', tone: 'rest', meaning: 'workspaces.itIsGone' },
};

export const statusLabel = (status: WorkspaceStatus): string => say(STATUS_LOOKS[status].label);
export const statusMeaning = (status: WorkspaceStatus): string => say(STATUS_LOOKS[status].meaning);

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
