// Icon: one drawing per meaning, 16 × 16, in the colour of the text around it. Decorative: words stand beside it.

const PATHS = {
  online: 'M3.5 8.4 6.6 11.5 12.5 4.8',
  degraded: 'M8 5.2v3.6M8 11.2v.1M8 2.2 14.2 13H1.8Z',
  failed: 'm5 5 6 6m0-6-6 6',
  offline:
    'M3 3l10 10M8 12.6v.1M5.6 9.9a3.6 3.6 0 0 1 1.7-.9M3.4 7.4c.6-.6 1.3-1 2-1.4M12.6 7.4A6.6 6.6 0 0 0 8.3 5.5',
  paused: 'M6 4v8M10 4v8',
  resting: 'M12.5 9.8A5.2 5.2 0 0 1 6.2 3.5a5.2 5.2 0 1 0 6.3 6.3Z',
  starting: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
  waiting: 'M8 4.5V8l2.3 1.6M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Z',
  close: 'm4 4 8 8m0-8-8 8',
  send: 'M8 13V3M3.8 7.2 8 3l4.2 4.2',
  stop: 'M4.5 4.5h7v7h-7Z',
  restart: 'M3 8a5 5 0 0 1 8.7-3.4L13 6M13 2.8V6H9.8M13 8a5 5 0 0 1-8.7 3.4L3 10M3 13.2V10h3.2',
  play: 'M5 3.5v9l7-4.5Z',
  trash: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5 5 13h6l.5-8.5',
  pencil: 'm3 13 .6-2.9L10.5 3.2l2.3 2.3-6.9 6.9Z',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.3 10.3 13.5 13.5',
  sun: 'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7',
  moon: 'M12.5 9.8A5.2 5.2 0 0 1 6.2 3.5a5.2 5.2 0 1 0 6.3 6.3Z',
  system: 'M2.5 3.5h11v7h-11ZM6 13h4M8 10.5V13',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  fit: 'M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3',
  tidy: 'M6 2.5h4v3H6ZM2.5 10.5h4v3h-4ZM9.5 10.5h4v3h-4ZM8 5.5V8M4.5 10.5V8h7v2.5',
  activity: 'M1.5 8h3l2-4.5 3 9 2-4.5h3',
  chat: 'M2.5 3.5h11v7.5H8l-3 2.5V11H2.5Z',
  list: 'M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1',
  board: 'M6 2.5h4v3H6ZM2.5 10.5h4v3h-4ZM9.5 10.5h4v3h-4ZM8 5.5V8M4.5 10.5V8h7v2.5',
  arrow: 'M3 8h9.5M9 4.5 12.5 8 9 11.5',
  copy: 'M6 6V3h7v7h-3M3 6h7v7H3Z',
  keyboard: 'M1.5 4h13v8h-13ZM4 6.5h.1M6.5 6.5h.1M9 6.5h.1M11.5 6.5h.1M5 9.5h6',
  inbox: 'M2.5 9 4 3.5h8L13.5 9v4h-11ZM2.5 9h3l1 1.5h3l1-1.5h3',
  folder: 'M2 4.5h4.2l1.3 1.5H14v6.5H2Z',
  file: 'M4 2.5h5L12.5 6v7.5H4ZM9 2.5V6h3.5',
  open: 'm4 6 4 4 4-4',
  closed: 'm6 4 4 4-4 4',
  upload: 'M8 10.5v-7M5 6.2 8 3.2l3 3M3 10.5V13h10v-2.5',
  download: 'M8 3v7M5 7.3l3 3 3-3M3 10.5V13h10v-2.5',
  key: 'M5 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM8 8h6M11.5 8v2.5M14 8v2',
  pin: 'M6 2.5h4l-.5 4 2 2.5h-7l2-2.5ZM8 9v4.5',
  undo: 'M5.5 3 2.5 6l3 3M2.5 6H10a3.5 3.5 0 0 1 0 7H6.5',
  redo: 'm10.5 3 3 3-3 3M13.5 6H6a3.5 3.5 0 0 0 0 7h3.5',
  team: 'M5.5 3a2 2 0 1 1 0 4 2 2 0 0 1 0-4ZM2 13c0-2.2 1.5-3.6 3.5-3.6S9 10.8 9 13M10.5 4a1.7 1.7 0 1 1 0 3.4M11 9.6c1.8.1 3 1.4 3 3.4',
  person:
    'M6.5 3a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6ZM2.5 13c0-2.4 1.7-3.9 4-3.9s4 1.5 4 3.9M12 4v4M10 6h4',
  info: 'M8 7.3V11M8 5v.1M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className = '' }: { name: IconName; className?: string }) {
  return (
    <svg
      viewBox="0 0 16 16"
      className={`size-4 shrink-0 ${className}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
