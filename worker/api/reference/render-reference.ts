import { createApi } from "../create-api.ts";
import { createDocument } from "../document/create-document.ts";
import { referencePage } from "./reference-page.ts";

/** The API's description, for programs and for people. */
export interface Reference {
  /** JSON. */
  readonly document: string;
  /** HTML. */
  readonly page: string;
}

/** @param origin of the API, as both show it */
export async function renderReference(origin: string): Promise<Reference> {
  const document = createDocument(createApi().calls, origin);
  return { document: JSON.stringify(document), page: String(await referencePage(document)) };
}
