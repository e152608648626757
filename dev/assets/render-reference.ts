import { API_ORIGIN_PLACEHOLDER, REFERENCE_ASSETS } from "../../worker/assets/asset-paths.ts";

/** Named apart from `import()`, so that tsc does not read the Worker's code with Node's types. */
const RENDER = new URL("../../worker/api/reference/render-reference.ts", import.meta.url).pathname;

/** The files of the API's reference by their paths. */
export async function renderReference(): Promise<Record<string, string>> {
  const module = (await import(RENDER)) as {
    renderReference(origin: string): Promise<{ document: string; page: string }>;
  };
  const { document, page } = await module.renderReference(API_ORIGIN_PLACEHOLDER);
  return { [REFERENCE_ASSETS.document]: document, [REFERENCE_ASSETS.page]: page };
}
