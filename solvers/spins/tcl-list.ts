/**
 * Tcl lists, in which OVF 2.0 writes the labels and the units of the components
 * (`{Exchange energy density} J/m3`). Only what list syntax has: no commands, no variables.
 */

/** Characters that end or start something in a list, and so force an element to be quoted. */
const SPECIAL = /[\s{}"\\[\]$;#]/;

/**
 * The elements of a Tcl list: words between blanks, `{verbatim}` with nesting, `"quoted"`, and
 * backslashes that make the next character plain. Returns `null` when the text is no list (a brace or
 * quote that is never closed, or something stuck to a closing one). Pure; cost O(length).
 * Source: Tcl manual, `lindex` and `Tcl` (rules 4 to 9, as far as lists use them).
 */
export function parseTclList(text: string): string[] | null {
  const elements: string[] = [];
  let i = 0;
  for (;;) {
    while (i < text.length && /\s/.test(text[i]!)) i++;
    if (i >= text.length) return elements;
    const word = text[i] === '{' ? braced(text, i) : text[i] === '"' ? quoted(text, i) : bare(text, i);
    if (word === null) return null;
    if (word.next < text.length && !/\s/.test(text[word.next]!)) return null;
    elements.push(word.value);
    i = word.next;
  }
}

/** One line of list syntax that `parseTclList` reads back to the same elements. */
export function formatTclList(elements: readonly string[]): string {
  return elements.map(formatElement).join(' ');
}

function formatElement(element: string): string {
  if (element === '') return '{}';
  if (!SPECIAL.test(element)) return element;
  // Braces keep everything as it is, but a brace or a backslash inside would count for the nesting.
  if (!/[{}\\]/.test(element)) return `{${element}}`;
  // Quoted, so that no blank ends the line: readers trim lines. Blanks need no backslash inside quotes.
  return `"${element.replace(/[{}"\\[\]$;#]/g, '\\$&')}"`;
}

interface Word {
  value: string;
  next: number;
}

function braced(text: string, start: number): Word | null {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const c = text[i];
    // A backslash stays in a braced word; it only hides the next character from the count.
    if (c === '\\') i++;
    else if (c === '{') depth++;
    else if (c === '}' && --depth === 0) return { value: text.slice(start + 1, i), next: i + 1 };
  }
  return null;
}

function quoted(text: string, start: number): Word | null {
  let value = '';
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '"') return { value, next: i + 1 };
    if (text[i] === '\\' && i + 1 < text.length) i++;
    value += text[i];
  }
  return null;
}

function bare(text: string, start: number): Word {
  let value = '';
  let i = start;
  for (; i < text.length && !/\s/.test(text[i]!); i++) {
    if (text[i] === '\\' && i + 1 < text.length) i++;
    value += text[i];
  }
  return { value, next: i };
}
