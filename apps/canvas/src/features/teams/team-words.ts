// Team words: what is hidden below a collapsed role, in one line.

import { say } from '../../languages/say.ts';
import type { HiddenTeam } from './model.ts';

export function hiddenWords({ census }: HiddenTeam): string {
  return [
    say('teams.hidden', { count: census.total }),
    census.working > 0 ? say('teams.hiddenWorking', { count: census.working }) : '',
    census.needAttention > 0 ? say('teams.hiddenNeedsALook', { count: census.needAttention }) : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
