// Plain colour: a token as red, green and blue, for what reads neither light-dark() nor oklch().

export function plainColour(box: HTMLElement, token: string): string {
  const named = document.createElement('span');
  named.style.color = `var(${token})`;
  box.append(named);
  const text = getComputedStyle(named).color;
  named.remove();
  const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!pixel) return text;
  pixel.fillStyle = text;
  pixel.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}
