/** All keys with a prefix: KV returns at most a thousand a page. */
export async function listKeys<Metadata = unknown>(
  policy: KVNamespace,
  prefix: string,
): Promise<KVNamespaceListKey<Metadata, string>[]> {
  const keys: KVNamespaceListKey<Metadata, string>[] = [];
  let cursor: string | undefined;
  do {
    const page: KVNamespaceListResult<Metadata, string> = await policy.list<Metadata>({
      prefix,
      ...(cursor !== undefined && { cursor }),
    });
    keys.push(...page.keys);
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor !== undefined);
  return keys;
}
