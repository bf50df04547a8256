// Not loaded: a part of the canvas that the server no longer has, because another build took its place.

import { Empty } from './empty.tsx';

export function NotLoaded() {
  return (
    <Empty icon="failed" title="This part was not loaded">
      Load the page again: the server may have been replaced.
    </Empty>
  );
}
