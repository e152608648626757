/** One mistake of a deployment, by a name that stays the same. */
export interface Problem {
  readonly name: ProblemName;
  /** What is wrong, and what helps. */
  readonly text: string;
}

export type ProblemName =
  | "example_domain"
  | "preview_suffix_not_listed"
  | "link_suffix_not_listed"
  | "host_in_preview_zone"
  | "workers_dev_on"
  | "logs_have_urls"
  | "binding_missing"
  | "object_not_migrated"
  | "kv_placeholder"
  | "secret_in_vars"
  | "variable_wrong"
  | "variable_unknown"
  | "secret_missing"
  | "bundle_failed"
  | "bundle_too_large";
