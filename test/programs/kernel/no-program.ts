/** Exports an object that is no program. */
export default { workunit: () => undefined };
