// Theme button: goes through system, light and dark.

import { say } from '../../languages/say.ts';
import { IconButton } from '../../ui/button.tsx';
import { nextTheme } from './model.ts';
import { useTheme } from './use-theme.ts';

const ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const;

export function ThemeButton() {
  const [theme, choose] = useTheme();
  const next = nextTheme(theme);
  return (
    <IconButton
      icon={ICONS[theme]}
      label={say('theme.button', { theme, next })}
      onClick={() => choose(next)}
    />
  );
}
