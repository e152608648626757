export const PROXY_NAMES = ["connector", "nginx", "haproxy", "go", "caddy"] as const;

export type ProxyName = (typeof PROXY_NAMES)[number];
