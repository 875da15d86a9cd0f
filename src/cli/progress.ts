import type { WriteStream } from 'node:tty';
import type { Writable } from 'node:stream';
import yoctoSpinner from 'yocto-spinner';
import type { Progress } from '../base/progress.ts';

/** A spinner with the step's last line on a terminal; elsewhere a line when a step starts and one when it ends, with its seconds. */
export function createProgress(stderr: Writable): Progress {
  return isTerminal(stderr) ? spinnerProgress(stderr) : lineProgress(stderr);
}

function isTerminal(stream: Writable): stream is WriteStream {
  return 'isTTY' in stream && stream.isTTY === true;
}

function spinnerProgress(stream: WriteStream): Progress {
  return {
    step(title) {
      const spinner = yoctoSpinner({ text: title, stream }).start();
      return {
        line(text) {
          spinner.text = `${title}: ${text.slice(0, Math.max(20, stream.columns - title.length - 10))}`;
        },
        done: (seconds) => void spinner.success(`${title} (${seconds.toFixed(1)} s)`),
        failed: (seconds) => void spinner.error(`${title} (after ${seconds.toFixed(1)} s)`),
      };
    },
  };
}

function lineProgress(stream: Writable): Progress {
  return {
    step(title) {
      stream.write(`- ${title}\n`);
      return {
        line: () => undefined, // a log wants the steps, not every line of every tool
        done: (seconds) => void stream.write(`  done in ${seconds.toFixed(1)} s: ${title}\n`),
        failed: (seconds) => void stream.write(`  failed after ${seconds.toFixed(1)} s: ${title}\n`),
      };
    },
  };
}
