import type { Body } from "../../api/types.ts";
import { readBody } from "../../format/read-body.ts";

/** A body as JSON, form, image, text or hex. */
export function BodyView({ body }: { readonly body: Body }) {
  const shown = readBody(body);
  switch (shown.kind) {
    case "form":
      return (
        <dl class="fields mono">
          {shown.entries.map(([name, value], index) => (
            <div key={index}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      );
    case "image":
      return <img class="body-image" src={shown.url} alt="The body" />;
    default:
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard scrolls it
        <pre class="body" tabIndex={0}>
          {shown.text}
        </pre>
      );
  }
}
