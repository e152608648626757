import type { RefusalCode } from "../refusal.ts";

/** After these the app may have received the request. */
const MAYBE_DELIVERED = new Set<RefusalCode>([
  "guest_protocol",
  "guest_timeout",
  "guest_unreachable",
  "host_unreachable",
  "internal",
  "port_not_linked",
]);

/**
 * What becomes of a form whose request was refused. Such a page does not reload: that would repeat the form, or show the
 * page behind it without the form's data.
 */
export function unsentForm(code: RefusalCode): string {
  const text = MAYBE_DELIVERED.has(code)
    ? "<strong>It is not known whether your form was sent.</strong> Check that before you send it again."
    : "<strong>Your form was not sent.</strong> Go back and send it again later.";
  return `<p class="notice" role="status">${text}</p>
<p class="actions"><a href="" data-action="back" hidden>Back to the form</a></p>
`;
}
