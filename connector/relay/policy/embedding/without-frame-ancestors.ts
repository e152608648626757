const NAME = "frame-ancestors";

/**
 * Takes `frame-ancestors` out of a `Content-Security-Policy` with one or several policies (CSP3, section 2.2). Takes
 * linear time: neither comma nor semicolon can be part of a directive.
 *
 * @returns the value as it came where it has no such directive; `undefined` where nothing else is left
 */
export function withoutFrameAncestors(value: string): string | undefined {
  if (!value.toLowerCase().includes(NAME)) return value;
  const policies = value.split(",").map((policy) =>
    policy
      .split(";")
      .filter((part) => !isNamed(part))
      .join(";"),
  );
  const kept = policies.map((policy) => policy.trim()).filter((policy) => policy !== "");
  return kept.length === 0 ? undefined : kept.join(", ");
}

function isNamed(directive: string): boolean {
  const text = directive.trimStart().toLowerCase();
  // Another name may begin with it.
  return text.startsWith(NAME) && text.slice(NAME.length, NAME.length + 1).trim() === "";
}
