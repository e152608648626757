import { Command } from "commander";
import { createAttachCommand } from "./attach.ts";
import { createDetachCommand } from "./detach.ts";
import { createDoctorCommand } from "./doctor.ts";
import { createEnrollCommand } from "./enroll.ts";
import { createListCommand } from "./list.ts";
import { createReloadCommand } from "./reload.ts";
import { createRunCommand } from "./run.ts";

/** The `preview-connector` command. */
export function createProgram(): Command {
  return new Command("preview-connector")
    .description("Carries preview requests to the sandboxes of this host.")
    .addCommand(createRunCommand())
    .addCommand(createEnrollCommand())
    .addCommand(createAttachCommand())
    .addCommand(createDetachCommand())
    .addCommand(createListCommand())
    .addCommand(createDoctorCommand())
    .addCommand(createReloadCommand());
}
