/** The line that `npm start -- --json` prints; other tools are built on it. */
export interface SystemDescription {
  readonly api: string;
  readonly domain: string;
  readonly previewSuffix: string;
  readonly linkSuffix: string;
  readonly apiToken: string;
  readonly adminToken: string;
  readonly sandboxId: string;
  readonly workspace: string;
  readonly org: string;
  readonly previewUrl: string;
  readonly link: LinkDescription;
}

export interface LinkDescription {
  readonly url: string;
  readonly token: string;
  readonly expires_at: string;
}
