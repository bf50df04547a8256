// Edges: bonds between manager and report, and messages under way.

import { EdgeLabelRenderer, type EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import type { BondEdge, HopEdge } from './build-graph.ts';

export const BondLine = memo(function BondLine({ data }: EdgeProps<BondEdge>) {
  return data ? <path className="bond" d={data.path} /> : null;
});

/** A dashed line that runs while the message is under way, a particle that shows its direction, and a glow at its end. */
export const HopLine = memo(function HopLine({ data }: EdgeProps<HopEdge>) {
  if (!data) return null;
  const { path, isOpen, isError, isReversed, label, count } = data;
  return (
    <>
      <path className="hop" d={path} data-open={isOpen} data-reversed={isReversed} data-error={isError}>
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
      {count > 1 ? <HopCount path={path} count={count} /> : null}
    </>
  );
});

function HopCount({ path, count }: { path: string; count: number }) {
  const [x, y] = firstPoint(path);
  return (
    <EdgeLabelRenderer>
      <span
        className="pointer-events-none absolute rounded-round bg-motion px-1.5 text-note font-semibold text-on-motion"
        style={{ transform: `translate(-50%, 4px) translate(${x}px, ${y}px)` }}
      >
        {count}
      </span>
    </EdgeLabelRenderer>
  );
}

function firstPoint(path: string): [number, number] {
  const [, x, y] = path.split(' ');
  return [Number(x), Number(y)];
}
