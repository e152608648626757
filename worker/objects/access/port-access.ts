import type { Access, LoopbackMode, PublicPorts } from "../../../shared/access.ts";
import { DEBUGGER_PORT } from "../../../shared/access.ts";
import type { AccessChange } from "../../../shared/protocol/host-calls.ts";
import type { PassTerms } from "../../../shared/protocol/pass.ts";
import type { PortMask } from "../../../shared/protocol/request-log.ts";
import type { Route } from "../route.ts";
import type { AccessState, PortSettings } from "./access-state.ts";
import { NO_ACCESS_STATE } from "./access-state.ts";

/** Who has said what applies to the ports of which nothing else is said. */
export type AccessSource = "sandbox" | "attach" | "workspace" | "default";

type OpenPorts = Pick<Route, "ports" | "loopbackPorts">;

const NO_PORTS: OpenPorts = { ports: [] };

/**
 * Who may visit which port of a sandbox.
 *
 * What is more specific wins: the port, the sandbox, the attach, the workspace, then `public`. A port at which debuggers
 * listen is private where only a default would make it public, and its server listens on loopback only: whoever reaches
 * a debugger runs code in the app, and its owner has bound it to loopback so that nobody else does.
 */
export class PortAccess {
  readonly default: Access;
  readonly source: AccessSource;
  readonly loopback: LoopbackMode;
  readonly #settings: AccessState["ports"];
  readonly #formerMasks: ReadonlyMap<number, readonly string[]>;
  readonly #privatePorts: readonly number[];
  readonly #open: OpenPorts;
  /** Ports that differ from the default. */
  readonly #except: ReadonlyMap<number, Access>;

  constructor(state: AccessState = NO_ACCESS_STATE, open: OpenPorts = NO_PORTS) {
    [this.default, this.source] = findDefault(state);
    this.loopback = state.own.loopback ?? "on";
    this.#settings = state.ports;
    this.#formerMasks = state.formerMasks ?? new Map();
    this.#privatePorts = [DEBUGGER_PORT, ...(state.workspace?.privatePorts ?? [])];
    this.#open = open;
    const named = [...state.ports.keys(), ...(open.loopbackPorts ?? [])];
    const accesses = named.map((port) => [port, this.#decide(port)] as const);
    this.#except = new Map(accesses.filter(([, access]) => access !== this.default));
  }

  of(port: number): Access {
    return this.#except.get(port) ?? this.default;
  }

  settingsOf(port: number): PortSettings {
    return this.#settings.get(port) ?? {};
  }

  /** The ports that listen or have settings, ascending. */
  list(): { readonly port: number; readonly listening: boolean }[] {
    const { ports } = this.#open;
    const all = [...new Set([...ports, ...this.#settings.keys()])].sort((left, right) => left - right);
    return all.map((port) => ({ port, listening: ports.includes(port) }));
  }

  /** The fields that are masked beside those that always are, of ports that have such. */
  listMasks(): PortMask[] {
    const ports = [...new Set([...this.#settings.keys(), ...this.#formerMasks.keys()])];
    return ports.map((port) => ({ port, names: this.maskOf(port) })).filter(({ names }) => names.length > 0);
  }

  /** As it is set; after the end of a capture as it was. */
  maskOf(port: number): readonly string[] {
    return this.settingsOf(port).capture?.mask ?? this.#formerMasks.get(port) ?? [];
  }

  /** @returns `undefined` where every port is public */
  get publicPorts(): PublicPorts | undefined {
    const byDefault = this.default === "public";
    if (byDefault && this.#except.size === 0) return undefined;
    const except = [...this.#except].filter(([, access]) => (access === "public") !== byDefault);
    return { byDefault, except: except.map(([port]) => port) };
  }

  /**
   * What the pass of a request says.
   *
   * @returns `undefined` where everything is as by default
   */
  termsOf(port: number, byLink: boolean): PassTerms | undefined {
    const { hostPolicy, scheme, capture } = this.settingsOf(port);
    const isClosed = this.loopback === "off" || (!byLink && this.#isGuarded(port));
    const isRestricted = this.default !== "public" || this.#except.size > 0;
    const isDefault = hostPolicy === undefined && scheme !== "https" && capture === undefined;
    if (isDefault && !isClosed && !isRestricted) return undefined;
    return {
      ...(hostPolicy !== undefined && { hostPolicy }),
      ...(scheme === "https" && { scheme }),
      ...(isClosed && { loopback: "off" }),
      ...(isRestricted && { listed: this.#open.ports.filter((open) => this.of(open) === "public") }),
      ...(capture !== undefined && { capture: capture.bodies ? "bodies" : "heads" }),
    };
  }

  /** What the host has to know. */
  describe(): Pick<AccessChange, "access" | "except" | "loopback"> {
    const except = Array.from(this.#except, ([port, access]) => ({ port, access }));
    return { access: this.default, except, loopback: this.loopback };
  }

  /** Whether both say the same to a host. */
  equals(other: PortAccess): boolean {
    return JSON.stringify(this.describe()) === JSON.stringify(other.describe());
  }

  #decide(port: number): Access {
    const isPrivate = this.#isGuarded(port) && (this.#open.loopbackPorts?.includes(port) ?? false);
    return this.settingsOf(port).access ?? (isPrivate ? "private" : this.default);
  }

  /** Whether the port is private as soon as its server listens on loopback only. */
  #isGuarded(port: number): boolean {
    return (
      this.default === "public" &&
      this.settingsOf(port).access === undefined &&
      this.#privatePorts.includes(port)
    );
  }
}

function findDefault({ own, attach, workspace }: AccessState): [Access, AccessSource] {
  if (own.access !== undefined) return [own.access, "sandbox"];
  if (attach !== undefined) return [attach, "attach"];
  if (workspace?.access !== undefined) return [workspace.access, "workspace"];
  return ["public", "default"];
}
