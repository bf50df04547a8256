// Rich words: a message whose tags become elements, so that a language may order them as it needs.

import { Fragment, type ReactNode } from 'react';
import { parse, type WordKey, type WordValues } from './say.ts';

type Tag = (inside: ReactNode) => ReactNode;

interface RichWordsProps {
  of: WordKey;
  values?: WordValues;
  /** One for each tag of the message. */
  tags: Readonly<Record<string, Tag>>;
}

export function RichWords({ of, values, tags }: RichWordsProps) {
  const makers = Object.fromEntries(
    Object.entries(tags).map(([name, tag]) => [name, (parts: ReactNode[]) => tag(keyed(parts))]),
  );
  const said = parse(of).format<ReactNode>({ ...values, ...makers });
  return <>{keyed(Array.isArray(said) ? said : [said])}</>;
}

function keyed(parts: readonly ReactNode[]): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no identity but their place
  return parts.map((part, i) => <Fragment key={i}>{part}</Fragment>);
}
