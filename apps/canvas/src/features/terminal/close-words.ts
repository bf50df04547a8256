// Close words: why a terminal ended, from the code that its socket was closed with.

export function closeWords(code: number, reason: string): string {
  switch (code) {
    case 1000:
      return 'The shell ended.';
    case 1006:
      return 'The connection broke, or the server refused a terminal.';
    case 1008:
      return 'The credential was revoked.';
    case 1009:
      return 'Too much was pasted at once.';
    case 4408:
      return 'Closed after thirty minutes without input.';
    default:
      return reason === '' ? `The server closed the terminal (${code}).` : sentence(reason);
  }
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
