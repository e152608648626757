/** What one of several users may have of a limit. */
export interface Share {
  /** It binds once all together use so much. */
  readonly bindsAt: number;
  readonly most: number;
}

export function createShare(limit: number, sharePercent: number, bindsAtPercent: number): Share {
  return { bindsAt: (limit * bindsAtPercent) / 100, most: (limit * sharePercent) / 100 };
}

export function isShareUsed({ bindsAt, most }: Share, byAll: number, byOne: number): boolean {
  return byAll >= bindsAt && byOne >= most;
}
