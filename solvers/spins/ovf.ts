/** OVF 2.0 vector fields: the file format that OOMMF and mumax3 share. */
export type { OvfField, OvfHeader } from './ovf-header.js';
export { readOvf } from './ovf-read.js';
export { type OvfFormat, writeOvf } from './ovf-write.js';
