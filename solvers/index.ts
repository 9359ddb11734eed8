/**
 * Ready methods on the kernels: classical spins on lattices, with their parameter files, OVF files, pictures and plots.
 * @module
 */
export type { SpinsModel } from './spins/model.js';
export { type OvfField, type OvfFormat, type OvfHeader, readOvf, writeOvf } from './spins/ovf.js';
export { parseSpinsParams, parseSpinsParamsObject } from './spins/params.js';
export type { SpinsParams } from './spins/params-type.js';
export { type SpinPictureOptions, spinPicture } from './spins/picture.js';
export { type RelaxationPlotOptions, type RelaxationRow, relaxationPlot } from './spins/plot.js';
export type { LatticeBoundary, SpinsProblem } from './spins/problem.js';
export { spinsProgram } from './spins/program.js';
export { relaxation } from './spins/relaxation.js';
export { type SpinWave, spinWave } from './spins/spin-wave.js';
