/** Files of the API's reference, as the build writes and the Worker reads them. */
export const REFERENCE_ASSETS = {
  document: "/reference/openapi.json",
  page: "/reference/docs.html",
} as const;

/** Where the dashboard is, among the assets and as it is served. */
export const DASHBOARD_PATH = "/dashboard/";

/** Stands in these files, and in the dashboard's page, for the origin at which the API is called. */
export const API_ORIGIN_PLACEHOLDER = "https://api.preview.invalid";
