// Chart lines: the bonds between managers and reports, below the cards, and the messages that are under way, above them.
// Messages are links: each leads to what was said.

import { ViewportPortal } from '@xyflow/react';
import { memo } from 'react';
import type { HopLineData } from './build-graph.ts';

const FIELD = 'pointer-events-none absolute top-0 start-0 size-px overflow-visible';

interface ChartLinesProps {
  bonds: string;
  hops: readonly HopLineData[];
  onOpenHop: (hop: HopLineData) => void;
}

/** Who reports to whom is said by the outline, and messages by the roles' chats; here both are drawings. */
export const ChartLines = memo(function ChartLines({ bonds, hops, onOpenHop }: ChartLinesProps) {
  return (
    <ViewportPortal>
      <svg className={`${FIELD} -z-1`} aria-hidden="true">
        <path className="bond" d={bonds} />
      </svg>
      <svg className={`${FIELD} z-5`} aria-hidden="true">
        {hops.map((hop) => (
          <HopLine key={hop.key} hop={hop} onOpen={onOpenHop} />
        ))}
      </svg>
      {hops.map((hop) => (hop.count > 1 ? <HopCount key={hop.key} hop={hop} /> : null))}
    </ViewportPortal>
  );
});

/** A dashed line that runs while the message is under way, a particle that shows its direction, and a glow at its end. */
function HopLine({ hop, onOpen }: { hop: HopLineData; onOpen: (hop: HopLineData) => void }) {
  const { path, isOpen, isError, isReversed, label } = hop;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: by keyboard, the role's chat has the same conversation
    <g data-hop={hop.key} onClick={() => onOpen(hop)}>
      <path className="hop" d={path} data-open={isOpen} data-reversed={isReversed} data-error={isError} />
      <path className="hop-reach nopan" d={path}>
        <title>{label}</title>
      </path>
      {isOpen ? (
        <circle r="4.5" className="hop-particle fill-motion">
          <animateMotion
            dur="1.1s"
            repeatCount="indefinite"
            path={path}
            keyPoints={isReversed ? '1;0' : '0;1'}
            keyTimes="0;1"
            calcMode="linear"
          />
        </circle>
      ) : null}
    </g>
  );
}

function HopCount({ hop: { path, count } }: { hop: HopLineData }) {
  const [x, y] = firstPoint(path);
  return (
    <span
      aria-hidden="true"
      className="pointer-events-none absolute z-6 rounded-round bg-motion px-1.5 text-note font-semibold text-on-motion"
      style={{ transform: `translate(-50%, 4px) translate(${x}px, ${y}px)` }}
    >
      {count}
    </span>
  );
}

function firstPoint(path: string): [number, number] {
  const [, x, y] = path.split(' ');
  return [Number(x), Number(y)];
}
