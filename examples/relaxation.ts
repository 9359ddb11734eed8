/**
 * A lattice of spins finds its domains, walls and skyrmions.
 *
 *     H = −J Σ S_i·S_j − Σ D_ij·(S_i × S_j) − K Σ (S_i·e)² − µ Σ B·S_i,   each bond once
 *     dS/dt = −γ/(1+α²) [S×B + α S×(S×B)],   B_i = −(1/µ) ∂H/∂S_i
 *
 *     npx haloweave demo relaxation                                     512 × 512 spins from a random start
 *     npx haloweave demo relaxation -- --input FILE.ovf --params FILE.json --out FOLDER
 *
 * Expected: some 20 s on two cores, energy per spin −2.0367, and in `relaxation-out` (or FOLDER) pictures on the
 * way, final.png (stripes and skyrmions some 25 spins apart), energy-torque.svg, final.ovf (OVF 2.0, for
 * OOMMF and mumax3) and summary.json with the state hash. `SpinsParams` documents the parameters; paths are
 * relative to the current directory.
 * Builds on: spin-wave.ts; output on the way; until.
 */
import { relaxation } from 'haloweave/solvers';

export default relaxation(new URL('params/skyrmions.json', import.meta.url));
