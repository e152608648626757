import type { Environment } from "../environment.ts";

/** Any: the binding serves by path only. */
const ORIGIN = "https://assets.invalid";

/**
 * Finds a file that was built beside the Worker. `run_worker_first` is set, so nothing else serves these files.
 *
 * @param path below the folder of assets
 * @returns `undefined` where there is none
 */
export async function findAsset({ ASSETS }: Environment, path: string): Promise<Response | undefined> {
  const response = await ASSETS.fetch(ORIGIN + path);
  return response.status === 200 ? response : undefined;
}
