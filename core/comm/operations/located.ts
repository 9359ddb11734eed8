import { BuiltinOperation } from './builtin.js';
import { differentOperands, Form, type Located } from './forms.js';

/**
 * The extreme value and where it is. A total order decides, so that no bracket shows: NaN comes before everything,
 * then the lower (or greater) value with −0 below +0, then the lower location.
 */
export class LocationOperation extends BuiltinOperation {
  readonly #least: boolean;

  constructor(least: boolean, code: number) {
    super(least ? 'minLocation' : 'maxLocation', code, [Form.located]);
    this.#least = least;
  }

  override check(value: unknown, call: string): void {
    super.check(value, call);
    const { location } = value as Located;
    if (!Number.isSafeInteger(location)) this.refuse(call, `the location a whole number, not ${location}`);
  }

  numbers(): number {
    throw differentOperands(this.name, 'a number', 'a located value');
  }
  elements(): void {
    throw differentOperands(this.name, 'an array', 'a located value');
  }

  override partial(value: unknown): Float64Array {
    const { value: v, location } = value as Located;
    return Float64Array.of(v, location);
  }

  override combine(left: unknown, right: unknown): Float64Array {
    const [l, r] = [left as Float64Array, right as Float64Array];
    return this.#before(r[0]!, r[1]!, l[0]!, l[1]!) ? r : l;
  }

  override result(partial: unknown): Located {
    const [value, location] = partial as Float64Array;
    return { value: Number.isNaN(value) ? Number.NaN : value!, location: location! + 0 };
  }

  #before(value: number, location: number, other: number, otherLocation: number): boolean {
    if (Object.is(value, other)) return location < otherLocation;
    if (Number.isNaN(value) || Number.isNaN(other)) return Number.isNaN(value);
    return Object.is(this.#least ? Math.min(value, other) : Math.max(value, other), value);
  }
}
