import type { Body, ExchangeDetail, Headers } from "../../api/types.ts";
import { formatBytes } from "../../format/format-bytes.ts";
import { Badge, toneOf } from "../../parts/badge.tsx";
import { BodyView } from "./body-view.tsx";

type Message = ExchangeDetail["request"] | ExchangeDetail["response"];

/** Head and body of a request or response. */
export function MessageView({ message }: { readonly message: Message }) {
  if (message === null) return <p class="soft">There is no response.</p>;
  return (
    <>
      {"status" in message && (
        <p>
          <Badge tone={toneOf(message.status)} text={`${message.status} ${message.reason}`.trim()} />
        </p>
      )}
      <HeaderTable headers={message.headers} />
      <BodyPart body={message.body} />
    </>
  );
}

function HeaderTable({ headers }: { readonly headers: Headers }) {
  if (headers.length === 0) return null;
  return (
    <details>
      <summary>{headers.length} fields</summary>
      <dl class="fields mono">
        {headers.map(([name, value], index) => (
          <div key={index}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function BodyPart({ body }: { readonly body: Body }) {
  if (body.bytes === 0) return <p class="soft">No body.</p>;
  if (!body.captured) return <p class="soft">{formatBytes(body.bytes)}, not recorded.</p>;
  return (
    <>
      <p class="soft">
        {formatBytes(body.bytes)}
        {body.content_type !== undefined && ` of ${body.content_type}`}
        {body.truncated && ", only its first 64 KiB are kept"}
      </p>
      <BodyView body={body} />
    </>
  );
}
