import { ZeromqMesh } from '../../core/transport/zeromq/zeromq-mesh.js';

/** The meshes of hosts 0 to `hosts` − 1 in this process, each connected to all others over sockets. */
export async function openMeshes(hosts: number): Promise<ZeromqMesh[]> {
  const meshes = await Promise.all(Array.from({ length: hosts }, (_, host) => ZeromqMesh.open({ host })));
  for (const mesh of meshes) {
    // Whoever uses them sets its own.
    mesh.onMessage = () => {};
    mesh.onBroken = () => {};
  }
  for (const a of meshes) for (const b of meshes) if (a !== b) a.connect(b.address);
  return meshes;
}
