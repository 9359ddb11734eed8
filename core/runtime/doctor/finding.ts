/**
 * What was found about one thing: `fine`; `failed`, haloweave does not run as it should; or `optional`, something
 * that this machine has not and that not every run needs.
 */
export type FindingStatus = 'fine' | 'optional' | 'failed';

/** One line of the doctor's report. */
export interface Finding {
  readonly name: string;
  readonly status: FindingStatus;
  /** What is there, for people. */
  readonly value: string;
  /** What to do about it; given unless `fine`. */
  readonly advice?: string;
  /** The figures behind `value`, for programs. */
  readonly details?: Readonly<Record<string, unknown>>;
}
