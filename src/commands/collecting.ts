import { createExecutor } from '../exec/executor.ts';
import type { Executor } from '../exec/command.ts';
import { recordInto } from '../exec/record.ts';
import { replayFrom } from '../exec/replay.ts';
