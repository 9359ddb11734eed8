/** What is wrong with a JSON text, and where. */
export interface JsonFault {
  /** Index of the offending character (UTF-16 units); the length of the text when it ends too early. */
  offset: number;
  /** 1-based. */
  line: number;
  /** 1-based. */
  column: number;
  message: string;
}

/** Blanks, then one token; everything that JSON knows, sticky so that it starts where the last one ended. */
const BLANKS = /[ \t\n\r]*/y;
const TOKEN =
  /[{}[\],:]|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Where the grammar stands: what may come next. */
type State = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'done';

const EXPECTED: Record<State, string> = {
  value: 'a value',
  'value-or-end': 'a value or "]"',
  key: 'a key in double quotes',
  'key-or-end': 'a key in double quotes or "}"',
  colon: '":"',
  'comma-or-end': '"," or the closing bracket',
  done: 'the end of the text',
};

/**
 * Finds the first place where a text stops being JSON, or where an object repeats a key; `null` when there is
 * none. `JSON.parse` gives no position for half of its errors, and keeps the last of two equal keys silently.
 * Iterative, so that no nesting depth overflows the stack. Cost O(length).
 * Source: RFC 8259.
 */
export function findJsonFault(text: string): JsonFault | null {
  // One entry for each open bracket: the keys seen so far of an object, null for an array.
  const open: (Set<string> | null)[] = [];
  let state: State = 'value';
  let at = 0;
  const fault = (message: string): JsonFault => ({ offset: at, ...position(text, at), message });
  const unexpected = (): JsonFault => {
    const found = at < text.length ? JSON.stringify(String.fromCodePoint(text.codePointAt(at)!)) : 'the end';
    return fault(`expected ${EXPECTED[state]}, found ${found}`);
  };
  for (;;) {
    BLANKS.lastIndex = at;
    BLANKS.test(text);
    at = BLANKS.lastIndex;
    if (at >= text.length) return state === 'done' ? null : unexpected();
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) return unexpected();
    const inside = open.at(-1);
    const afterValue: State = open.length > 0 ? 'comma-or-end' : 'done';
    if (state === 'colon') {
      if (token !== ':') return unexpected();
      state = 'value';
    } else if (state === 'comma-or-end' && token === ',') {
      state = inside === null ? 'value' : 'key';
    } else if (
      (token === '}' && inside instanceof Set && (state === 'key-or-end' || state === 'comma-or-end')) ||
      (token === ']' && inside === null && (state === 'value-or-end' || state === 'comma-or-end'))
    ) {
      open.pop();
      state = open.length > 0 ? 'comma-or-end' : 'done';
    } else if (state === 'key' || state === 'key-or-end') {
      if (!token.startsWith('"') || !(inside instanceof Set)) return unexpected();
      const key: unknown = JSON.parse(token);
      if (inside.has(String(key))) return fault(`the key ${token} is given twice in one object`);
      inside.add(String(key));
      state = 'colon';
    } else if (state === 'value' || state === 'value-or-end') {
      if (/^[}\],:]/.test(token)) return unexpected();
      if (token === '{') open.push(new Set());
      else if (token === '[') open.push(null);
      state = token === '{' ? 'key-or-end' : token === '[' ? 'value-or-end' : afterValue;
    } else {
      return unexpected();
    }
    at += token.length;
  }
}

function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
