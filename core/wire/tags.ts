/** Wildcards of receives and probes, as in MPI. */
export const ANY_SOURCE = -1;
/** As the tag of a receive or probe: any tag. */
export const ANY_TAG = -1;
/** Tags are 0 to this, inclusive. */
export const MAX_TAG = 0x7fff_ffff;
/** The communicator of all ranks. */
export const WORLD_CONTEXT = 0;
