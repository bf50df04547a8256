// Quiet schemas: tells the schema library not to compile with `new Function`, which the content policy refuses. Must be
// imported before any contract.

import { config } from 'zod';

config({ jitless: true });
