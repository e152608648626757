import { ApiClient } from "./api-client.ts";

/** Creates a one-time token with which a host enrols itself, as the admin does. */
export async function createEnrolment(api: string, adminToken: string, host: string): Promise<string> {
  const admin = new ApiClient(api, adminToken);
  const { token } = await admin.call<{ token: string }>("POST", "/v1/admin/enrolments", { host });
  return token;
}
