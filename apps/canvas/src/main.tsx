// Main: starts the canvas in this page.

import './quiet-schemas.ts';
import './base.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { compose, startCanvas } from './compose.ts';
import { applySavedTheme } from './features/theme/use-theme.ts';
import { speakSavedLanguage, useLanguage } from './languages/use-language.ts';
import { CanvasContext } from './store/canvas-context.ts';
import { CrashScreen } from './ui/crash-screen.tsx';

applySavedTheme();
const tools = compose();
const queries = new QueryClient({
  defaultOptions: { queries: { retry: 1, staleTime: 2_000, refetchOnWindowFocus: false } },
});
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
startCanvas(tools);
await speakSavedLanguage();
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <CanvasContext value={tools}>
        <CrashScreen>
          <Spoken />
        </CrashScreen>
      </CanvasContext>
    </QueryClientProvider>
  </StrictMode>,
);

/** Another language renders everything anew: words are asked for while rendering, wherever that happens. */
function Spoken() {
  return <App key={useLanguage()} />;
}
