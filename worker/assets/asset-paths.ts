/** Files of the API's reference, as the build writes and the Worker reads them. */
export const REFERENCE_ASSETS = {
  document: "/reference/openapi.json",
  page: "/reference/docs.html",
} as const;

/** Stands in these files for the origin at which the API is called. */
export const REFERENCE_ORIGIN = "https://api.preview.invalid";
