import packageJson from "../package.json" with { type: "json" };

export const VERSION = packageJson.version;

/** On each call to the edge: an operator can admit it where a rule against bots would refuse Node's own. */
export const USER_AGENT = `preview-connector/${VERSION}`;
