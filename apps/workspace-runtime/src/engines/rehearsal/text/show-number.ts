// Show number: how a number stands in a text, the same on every machine.

/** 12,345.6: thousands in groups, whatever the machine's language. */
export function showNumber(value: number): string {
  const [whole = '', fraction] = String(value).split('.');
  if (/e/i.test(whole)) return String(value);
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
