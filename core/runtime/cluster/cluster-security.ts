import { HaloweaveError } from '../../base/errors.js';
import { openSecurity, type Security, withoutKeys } from '../../transport/zeromq/curve.js';
import { readKeyFile } from '../../transport/zeromq/key-file.js';
import { newKeyPair, serverKey } from '../../transport/zeromq/keys.js';
import type { HostAddress } from '../../transport/zeromq/mesh.js';
import { endpointToBind, endpointToConnect } from '../../transport/zeromq/reach.js';
import type { OnRefusal } from '../../transport/zeromq/refusal.js';

/**
 * What a process of a cluster needs to know of keys. Control links are those of the user's key file. Data links have a pair of keys that
 * the process makes and forgets; the coordinator tells all hosts of each other's, over control links.
 */
export interface ClusterSecurity {
  /** For `listenForControl` and `connectControl`. */
  readonly control: Security;
  /** For `ZeromqMesh.open`. */
  readonly data: Security;
  /** The key that a worker or coordinator has to have; `told` as in a host file, null for the own one. Null without keys. */
  serverKey(told: string | null): string | null;
  /** Both throw `HaloweaveError('usage')` if the endpoint is not on this machine and there are no keys; see `reach.ts`. */
  toBind(endpoint: string): Promise<string>;
  toConnect(endpoint: string): Promise<string>;
  /** The hosts that may connect for data from now on: those on the last list that the coordinator has sent. */
  admit(hosts: readonly HostAddress[]): void;
  /** Once all sockets are closed. */
  close(): Promise<void>;
}

/** `keyFile` as given with `--keys`; null without. Throws `HaloweaveError('usage')` for a file that is refused (`key-file.ts`). */
export async function openClusterSecurity(
  keyFile: string | null,
  onRefusal: OnRefusal,
): Promise<ClusterSecurity> {
  const rules = (keys: boolean): Pick<ClusterSecurity, 'toBind' | 'toConnect'> => ({
    toBind: (endpoint) => endpointToBind(endpoint, keys),
    toConnect: (endpoint) => endpointToConnect(endpoint, keys),
  });
  if (keyFile === null) {
    const plain = withoutKeys(onRefusal);
    return {
      ...rules(false),
      control: plain,
      data: withoutKeys(reasoned(onRefusal)),
      serverKey: (told) => {
        if (told === null) return null;
        throw new HaloweaveError(
          'usage',
          `key=${told} is named, but this side has no keys: give --keys FILE`,
        );
      },
      admit: () => {},
      close: () => plain.close(),
    };
  }
  const keys = readKeyFile(keyFile);
  const control = await openSecurity({ pair: keys, allowed: keys.allowed, onRefusal });
  const data = await openSecurity({
    pair: newKeyPair(),
    allowed: [],
    later: true,
    onRefusal: reasoned(onRefusal),
  });
  return {
    ...rules(true),
    control,
    data,
    serverKey: (told) => serverKey(keys, told),
    admit: (hosts) => {
      const listed = new Map(hosts.flatMap((h) => (h.publicKey === null ? [] : [[h.publicKey, h.host]])));
      for (const key of [...data.domain!.allowed.keys()]) if (!listed.has(key)) data.domain!.forbid(key);
      for (const [key, host] of listed) data.domain!.allow(key, `host-${host}`);
    },
    close: async () => {
      await data.close();
      await control.close();
    },
  };
}

/**
 * Links for data are made between hosts whose control links have proved who they are: a handshake there that ends without a reason
 * is a host that stops, or another's look whether this one is alive. If a link comes to nothing, `Contacts` finds it out.
 */
function reasoned(onRefusal: OnRefusal): OnRefusal {
  return (refusal) => {
    if (refusal.name !== 'handshake ended') onRefusal(refusal);
  };
}
