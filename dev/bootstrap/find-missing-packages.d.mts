/**
 * The packages that npm has installed in a folder, by its own record, and that are not there any more.
 *
 * @param root the folder of `node_modules`
 * @returns their paths, like `node_modules/hono`; `undefined` where npm has left no record
 */
export function findMissingPackages(root: string): string[] | undefined;
