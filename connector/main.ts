#!/usr/bin/env node
import { createProgram } from "./create-program.ts";

await createProgram().parseAsync();
