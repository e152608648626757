import type { CallError } from "../../api/problem.ts";
import type { Port } from "../../api/types.ts";
import { Alert } from "../../parts/alert.tsx";
import { Empty, Loading } from "../../parts/empty.tsx";
import { PortCard } from "./port-card.tsx";

export function PortList(props: {
  readonly id: string;
  readonly ports: readonly Port[];
  readonly error: CallError | undefined;
  readonly isLoading: boolean;
  readonly onChange: (port: Port) => void;
  readonly onShare: (port: number) => void;
  readonly retry: () => void;
}) {
  const { id, ports, error, isLoading, onChange, onShare, retry } = props;
  if (error !== undefined) return <Alert error={error} retry={retry} />;
  if (isLoading) return <Loading label="Loading ports" />;
  if (ports.length === 0) {
    return (
      <Empty icon="open" title="No port is open yet">
        <p>Start a server in the sandbox. It appears here by itself, as soon as it listens:</p>
        <pre>python3 -m http.server 3000</pre>
      </Empty>
    );
  }
  return (
    <ul class="ports">
      {ports.map((port) => (
        <PortCard key={port.port} id={id} port={port} onChange={onChange} onShare={onShare} />
      ))}
    </ul>
  );
}
