#!/usr/bin/env node
import { createProgram } from "./commands/create-program.ts";
import { createChildCommands } from "./commands/run.ts";

const program = createProgram();
for (const command of createChildCommands()) program.addCommand(command, { hidden: true });
await program.parseAsync();
