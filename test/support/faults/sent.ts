import type { ControlMessage } from '../../../core/runtime/cluster/control-messages.js';
import { compiledUrl } from '../paths.js';

type Members = typeof import('../../../core/runtime/cluster/member.js');

/** Shows what coordinators of this process say to workers, until it is disposed. */
export async function watchSent(see: (host: number, message: ControlMessage) => void): Promise<Disposable> {
  const { Member } = (await import(compiledUrl('core/runtime/cluster/member.ts'))) as Members;
  const { send } = Member.prototype;
  Member.prototype.send = function (message): void {
    see(this.host, message);
    send.call(this, message);
  };
  return {
    [Symbol.dispose]: () => {
      Member.prototype.send = send;
    },
  };
}
