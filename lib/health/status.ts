/** How well something is, and how statuses add up. It knows nothing that has one. */

/** `degraded` works, but something needs attention; `unhealthy` does not work. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

const ORDER: readonly HealthStatus[] = ['healthy', 'degraded', 'unhealthy'];

/** The worst of them. */
export function worst(...all: readonly HealthStatus[]): HealthStatus {
  return ORDER[Math.max(0, ...all.map(status => ORDER.indexOf(status)))]!;
}

/** What an error says, without what could be in its cause. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
