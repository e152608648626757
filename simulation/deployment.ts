/** The deployment that is simulated. */
export const PREVIEW_DOMAIN = "preview.test";

/** Base URL of its API. */
export const API = `https://api.${PREVIEW_DOMAIN}`;

export const ADMIN_TOKEN = "admin-token";
