import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

interface LogOptions {
  readonly level: LogLevel;
  /** A file descriptor; default 2, standard error. */
  readonly descriptor?: number;
}

/** JSON lines: constant message in `msg`, the rest key-value. Synchronous, so that a killed process loses no line. */
export function createLogger(name: string, { level, descriptor = 2 }: LogOptions): Logger {
  return pino(
    { name, level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: descriptor, sync: true }),
  );
}
