import { connectNamespaces } from "./connect-namespaces.ts";
import { Namespace } from "./namespace.ts";

/**
 * `tap`: the tap is in the host's namespace, and each machine has an address of its own.
 * `namespace`: each machine has a namespace with its tap, a veth pair to the host's namespace, and DNAT from the
 * address that the host dials to the inner one, which all these machines share.
 */
export type NetworkShape = "tap" | "namespace";

export interface MachineNetwork {
  readonly shape: NetworkShape;
  /** The address that the host dials. */
  readonly address: string;
  readonly tap: string;
  /** Holds the tap: the host's namespace, or the machine's own. */
  readonly namespace: Namespace;
  /** The address of the machine's own interface, with prefix length. */
  readonly innerAddress: string;
  readonly gateway: string;
  readonly macAddress: string;
  remove(): Promise<void>;
}

const SHARED_INNER_ADDRESS = "172.30.0.2";
const SHARED_GATEWAY = "172.30.0.1";

/** One byte of an address is the machine's index. */
export const MAX_MACHINES = 250;

/**
 * Creates the network of one machine.
 *
 * @param index 1 to `MAX_MACHINES`, unique among the running machines
 */
export function createMachineNetwork(
  shape: NetworkShape,
  host: Namespace,
  index: number,
): Promise<MachineNetwork> {
  return shape === "tap" ? createTapNetwork(host, index) : createNamespaceNetwork(host, index);
}

async function createTapNetwork(host: Namespace, index: number): Promise<MachineNetwork> {
  const tap = `tap${index}`;
  const gateway = `172.16.${index}.1`;
  await createTap(host, tap, `${gateway}/30`);
  return {
    shape: "tap",
    address: `172.16.${index}.2`,
    tap,
    namespace: host,
    innerAddress: `172.16.${index}.2/30`,
    gateway,
    macAddress: macAddress(index),
    remove: async () => void (await host.ip("link", "delete", tap)),
  };
}

async function createNamespaceNetwork(host: Namespace, index: number): Promise<MachineNetwork> {
  const namespace = await Namespace.create(`machine${index}`);
  const address = `10.200.${index}.2`;
  await connectNamespaces(
    { namespace: host, device: `veth${index}`, address: `10.200.${index}.1/30` },
    { namespace, device: "uplink", address: `${address}/30` },
  );
  await createTap(namespace, "tap0", `${SHARED_GATEWAY}/30`);
  await translate(namespace, address);
  return {
    shape: "namespace",
    address,
    tap: "tap0",
    namespace,
    innerAddress: `${SHARED_INNER_ADDRESS}/30`,
    gateway: SHARED_GATEWAY,
    macAddress: macAddress(index),
    remove: () => namespace[Symbol.asyncDispose](),
  };
}

async function createTap(namespace: Namespace, tap: string, address: string): Promise<void> {
  await namespace.ip("tuntap", "add", tap, "mode", "tap");
  await namespace.ip("address", "add", address, "dev", tap);
  await namespace.ip("link", "set", tap, "up");
}

async function translate(namespace: Namespace, address: string): Promise<void> {
  const iptables = (rule: string): Promise<string> => namespace.run("iptables", "-w", ...rule.split(" "));
  await namespace.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
  await iptables(
    `-t nat -A PREROUTING -i uplink -d ${address} -j DNAT --to-destination ${SHARED_INNER_ADDRESS}`,
  );
  // The machine sees its gateway as the peer of each connection: its agent serves no other.
  await iptables("-t nat -A POSTROUTING -o tap0 -j MASQUERADE");
  // Connections that the machine opens are dropped here.
  await iptables("-A FORWARD -i tap0 -m conntrack --ctstate NEW -j DROP");
}

/** Locally administered, as QEMU's own are. */
function macAddress(index: number): string {
  return `52:54:00:00:00:${index.toString(16).padStart(2, "0")}`;
}
