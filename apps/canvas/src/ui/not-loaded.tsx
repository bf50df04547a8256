// Not loaded: a part of the canvas that the server no longer has, because another build took its place.

import { say } from '../languages/say.ts';
import { Empty } from './empty.tsx';

export function NotLoaded() {
  return (
    <Empty icon="failed" title={say('ui.thisPartWasNot')}>
      {say('ui.loadThePageAgain')}
    </Empty>
  );
}
