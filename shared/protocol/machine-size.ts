import * as z from "zod";

const MAX_CPUS = 1024;
const MAX_MEMORY_MB = 16 * 1024 * 1024;

/** What a launcher says of a machine that it has started; for people, and never a limit of ours. */
export const machineSizeSchema = z.strictObject({
  cpu: z.number().positive().max(MAX_CPUS),
  memory_mb: z.int().min(1).max(MAX_MEMORY_MB),
});

export type MachineSize = z.output<typeof machineSizeSchema>;
