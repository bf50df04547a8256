// Theme button: goes through system, light and dark.

import { IconButton } from '../../ui/button.tsx';
import { nextTheme } from './model.ts';
import { useTheme } from './use-theme.ts';

const ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const;
const NAMES = { system: 'as the system', light: 'light', dark: 'dark' } as const;

export function ThemeButton() {
  const [theme, choose] = useTheme();
  const next = nextTheme(theme);
  return (
    <IconButton
      icon={ICONS[theme]}
      label={`Theme: ${NAMES[theme]}. Change to ${NAMES[next]}`}
      onClick={() => choose(next)}
    />
  );
}
