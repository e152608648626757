import { PRICE_LIST } from "./price-list.ts";
import type { Usage } from "./usage.ts";

/** Dollars per million visitors' requests, for each part of the use. */
export type Price = Readonly<Record<keyof Usage, number>>;

const MILLION = 1e6;

/** Prices everything that is used; visitors' requests bear all of it. */
export function priceUsage(usage: Usage): Price {
  const parts = Object.entries(PRICE_LIST).map(([part, dollars]) => [
    part,
    (usage[part as keyof Usage] * dollars * MILLION) / usage.requests,
  ]);
  return Object.fromEntries(parts) as Price;
}

/** The whole price: dollars per million visitors' requests. */
export function sumPrice(price: Price): number {
  return Object.values(price).reduce((sum, dollars) => sum + dollars, 0);
}
