/** A preview's public URL. Previews have the scheme of the API. */
export function previewUrl(apiOrigin: string, suffix: string, sandbox: string, port: number): string {
  return `${new URL(apiOrigin).protocol}//${port}-${sandbox}.${suffix}`;
}
