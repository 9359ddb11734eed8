/** Exports nothing by default. */
export const workunit = (): undefined => undefined;
