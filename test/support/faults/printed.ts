/** Lines of a text that begin so. */
export const linesOf = (text: string, begin: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(begin));

/** Takes what this process would print on its standard output: what a coordinator shows of its ranks. */
export class Printed implements Disposable {
  text = '';
  readonly #write = process.stdout.write;

  constructor() {
    process.stdout.write = ((
      chunk: string | Uint8Array,
      encoding?: unknown,
      done?: (error?: Error) => void,
    ): boolean => {
      this.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      const written = typeof encoding === 'function' ? (encoding as () => void) : done;
      if (written) queueMicrotask(written);
      return true;
    }) as typeof process.stdout.write;
  }

  /** Lines that begin so. */
  lines(begin: string): string[] {
    return linesOf(this.text, begin);
  }

  [Symbol.dispose](): void {
    process.stdout.write = this.#write;
  }
}
