/** Wildcards of receives and probes, as in MPI. */
export const ANY_SOURCE = -1;
/** As the tag of a receive or probe: any tag. */
export const ANY_TAG = -1;
/** Tags are 0 to this, inclusive. */
export const MAX_TAG = 0x7fff_ffff;
/** Contexts below zero are those of kernels, whose messages no communicator sees (see comm/channel). */
export const HALO_CONTEXT = -2;
export const PARTIAL_CONTEXT = -3;
export const FRAME_CONTEXT = -4;
export const GATHER_CONTEXT = -5;
/** What the two sides of a large message tell each other, and its pieces (see wire/transfer). */
export const TRANSFER_CONTEXT = -6;
export const PIECE_CONTEXT = -7;
/** The lowest context there is. */
export const LEAST_CONTEXT = PIECE_CONTEXT;
/** The communicator of all ranks. */
export const WORLD_CONTEXT = 0;
