// Quiet document: the page's document for the terminal, which makes style elements. The content policy refuses them, and
// allows sheets that a script constructs: so each becomes one of those.

export interface QuietDocument {
  document: Document;
  /** Takes the sheets off the page. */
  release(): void;
}

export function quietDocument(page: Document): QuietDocument {
  const sheets: CSSStyleSheet[] = [];
  const adopt = (sheet: CSSStyleSheet) => {
    sheets.push(sheet);
    page.adoptedStyleSheets = [...page.adoptedStyleSheets, sheet];
    return sheet;
  };
  const create = (name: string) =>
    name === 'style' ? carryStyle(page, adopt(new CSSStyleSheet())) : quieten(page.createElement(name));
  const document = new Proxy(page, {
    get(target, key) {
      if (key === 'createElement') return create;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return {
    document,
    release: () => {
      page.adoptedStyleSheets = page.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
    },
  };
}

/** An element whose words become the rules of a sheet. */
function carryStyle(page: Document, sheet: CSSStyleSheet): HTMLElement {
  const carrier = page.createElement('span');
  carrier.hidden = true;
  return Object.defineProperty(carrier, 'textContent', {
    get: () => '',
    set: (text: string) => sheet.replaceSync(text),
  });
}

function quieten(element: HTMLElement): HTMLElement {
  const appendChild = element.appendChild.bind(element);
  // The scrollbar's style element is made past this document; base.css says what it would have said.
  element.appendChild = <T extends Node>(child: T) =>
    child instanceof HTMLStyleElement ? child : appendChild(child);
  return element;
}
