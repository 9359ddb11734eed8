import { ZeromqMesh } from '../../../core/transport/zeromq/zeromq-mesh.js';
import { PatternedSink, PatternedStream } from '../../support/patterned-stream.js';

/**
 * Another process's end of a mesh: `mesh-peer.js HOST MESSAGES [ADVERTISE]`. Tells its address, takes that of the
 * peer, streams to it and takes its stream, and tells when it has everything.
 */
const [host, messages, advertise] = process.argv.slice(2);
const mesh = await ZeromqMesh.open({
  host: Number(host),
  ...(advertise ? { advertise, tcpOnly: true } : {}),
});
const sink = new PatternedSink();
process.on('message', (peer: ZeromqMesh['address']) => {
  const stream = new PatternedStream(mesh, peer.host, Number(messages), peer.host);
  mesh.onBroken = (_, reason) => process.send!({ broken: reason });
  mesh.onMessage = (_host, _freight, _epoch, frames) => {
    sink.take(frames);
    if (sink.received === Number(messages)) process.send!({ received: sink.received });
  };
  mesh.connect(peer);
  stream.go();
});
process.on('disconnect', () => mesh.close());
process.send!({ mesh: { address: mesh.address, listening: mesh.listening } });
