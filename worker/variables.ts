/** The Worker's variables and secrets. They are unchecked: `parseSettings` checks them. */
export interface Variables {
  readonly PREVIEW_DOMAIN?: string;
  readonly LINK_DOMAIN?: string;
  readonly API_HOSTNAMES?: string;
  readonly LINK_SECRET?: string;
  readonly LINK_SECRET_PREVIOUS?: string;
  readonly PASS_SIGNING_KEY?: string;
  readonly PASS_SIGNING_KEY_NEXT?: string;
  readonly ADMIN_TOKEN_SHA256?: string;
  readonly LOG_SAMPLE_RATE?: string;
  readonly ALLOW_HTTP?: string;
  readonly MAX_RATE_LIMIT?: string;
  readonly ABUSE_CONTACT?: string;
  readonly DASHBOARD_HOST?: string;
}
