#!/usr/bin/env node
import { createProgram } from "./commands/create-program.ts";

await createProgram().parseAsync();
